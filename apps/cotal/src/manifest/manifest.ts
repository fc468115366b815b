import { asChannel, asChannelPattern, asToken, CotalError } from "@cotal/subjects";
import * as z from "zod";
import { parseDuration } from "../duration.ts";
import { restartPolicies } from "../seat/restart-policy.ts";
import { execOutputs } from "../seat/work.ts";

/** What a `cotal.yaml` may say: how a mesh is to be. What it does not name stays as it is. */
export type Manifest = z.output<typeof Manifest>;
export type ManifestChannel = z.output<typeof ManifestChannel>;
export type ManifestAgent = z.output<typeof ManifestAgent>;

const tokenPattern = "^[A-Za-z0-9_-]{1,64}$";
const channelPattern = "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$";
const patternPattern = "^(>|[A-Za-z0-9_*-]+(\\.[A-Za-z0-9_*-]+)*(\\.>)?)$";

const token = read(asToken.bind(undefined, "name"), { pattern: tokenPattern });
const patterns = z.array(read(asChannelPattern, { pattern: patternPattern }));

const common = {
  allowSubscribe: patterns.optional().describe("the channels that it may read (general)"),
  allowPublish: patterns.optional().describe("the channels that it may post to (general)"),
  subscribe: patterns.optional().describe("what it joins at its start (all that it may read)"),
  restart: z
    .enum(restartPolicies)
    .optional()
    .describe("when it is started again after it has ended by itself (never)"),
  cwd: z.string().min(1).optional().describe("where it stands; a relative path begins at this file"),
  env: z
    .record(z.string(), z.string("a value is a text: write it in quotes, or leave it empty").nullable())
    .optional()
    .describe("variables of its environment; one without a value is taken from whoever runs cotal up"),
};

const ManifestAgent = z
  .strictObject({
    preset: z.literal("echo").optional().describe("says what it hears"),
    exec: z.string().min(1).optional().describe("a line of the shell, run for each message"),
    execOutput: z.enum(execOutputs).optional().describe("what the line prints (text)"),
    execTimeout: read(parseDuration, { pattern: "^[0-9]{1,9}(ms|s|m|h)?$" })
      .optional()
      .describe("how long the line may take for one message (10m)"),
    concurrency: z.int().min(1).max(100).optional().describe("how many messages are handled at once (1)"),
    all: z.boolean().optional().describe("answer in channels also what does not mention the agent"),
    command: z
      .array(z.string("a word is a text: write it in quotes"))
      .min(1, "it names no program")
      .optional()
      .describe("a program and its arguments, on a terminal of its own"),
    pipes: z.boolean().optional().describe("give the program pipes in place of a terminal"),
    role: token.optional().describe("one free worker of a role gets what is sent to it"),
    ...common,
  })
  .describe("an agent of this host, which does one of preset, exec and command");

const ManifestChannel = z
  .strictObject({
    class: z.enum(["live", "durable"]).optional().describe("durable: kept for members that are away"),
    replay: z.boolean().optional().describe("whether who joins is shown what was said before"),
    replayWindow: z
      .string()
      .regex(/^\d+[smhd]$/, "is no span such as 30m, 12h or 7d")
      .optional()
      .describe("how far back: 30m, 12h, 7d"),
    description: z.string().max(200).optional(),
    instructions: z.string().max(2000).optional().describe("what agents in it are to keep to"),
  })
  .describe("a channel; what is not named stays as it is set");

export const Manifest = z.strictObject({
  space: token.optional().describe("the name of the space (main)"),
  channels: orEmpty(z.record(key(asChannel, channelPattern), orEmpty(ManifestChannel))),
  defaults: orEmpty(
    z.strictObject(common).describe("what holds for every agent that does not say otherwise"),
  ),
  agents: orEmpty(z.record(key(asToken.bind(undefined, "name"), tokenPattern), ManifestAgent)),
});

/** For editors that complete and check. */
export function manifestJsonSchema(): object {
  const { $schema, ...rules } = z.toJSONSchema(Manifest, { target: "draft-2020-12", io: "input" });
  return { $schema, $id: "urn:cotal:manifest", title: "cotal.yaml", ...rules };
}

/** A text as the command line reads it. */
function read<Value>(reader: (text: string) => Value, hints: { readonly pattern: string }) {
  return z
    .string()
    .meta(hints)
    .transform((text, context): Value => {
      try {
        return reader(text);
      } catch (error) {
        context.issues.push({ code: "custom", message: messageOf(error), input: text });
        return z.NEVER;
      }
    });
}

/** The name of a field, which stays the text that it is. */
function key(reader: (text: string) => unknown, pattern: string) {
  return z
    .string()
    .meta({ pattern })
    .superRefine((text, context) => {
      try {
        reader(text);
      } catch (error) {
        context.addIssue(messageOf(error));
      }
    });
}

/** Also when it is left away, or has nothing behind its colon. */
function orEmpty<Value extends object>(schema: z.ZodType<Value>) {
  return schema.nullish().transform((value): Value => value ?? ({} as Value));
}

function messageOf(error: unknown): string {
  if (error instanceof CotalError) return error.message;
  throw error;
}
