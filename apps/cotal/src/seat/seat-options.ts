import { CotalError, quoted } from "@cotal/subjects";
import { parseDuration } from "../duration.ts";
import { oneOf } from "../one-of.ts";
import { type RestartPolicy, restartPolicies } from "./restart-policy.ts";
import { type ExecOutput, execOutputs } from "./work.ts";

/** The options by which an agent is spawned. */
export const seatOptions = {
  exec: {
    kind: "value",
    placeholder: "line",
    summary: "a line of the shell, run for each message: it reads JSON and prints the reply",
    parse: (text: string): string => text,
  },
  execOutput: {
    kind: "value",
    placeholder: "text|json",
    summary: "what the line prints: the text of the reply, or {parts, mentions?} (text)",
    parse: (text: string): ExecOutput => oneOf("exec-output", execOutputs, text),
  },
  execTimeout: {
    kind: "value",
    placeholder: "duration",
    summary: "how long the line may take for one message (10m)",
    parse: (text: string): number => parseDuration(text),
  },
  concurrency: {
    kind: "value",
    placeholder: "number",
    summary: "how many messages are handled at once (1)",
    parse: (text: string): number => parseNumber(text, mostAtOnce),
  },
  maxAgents: {
    kind: "value",
    placeholder: "number",
    summary: "how many agents may run when peers ask for more (32)",
    parse: (text: string): number => parseNumber(text, mostAgents),
  },
  all: { kind: "flag", summary: "answer in channels also what does not mention the agent" },
  pipes: { kind: "flag", summary: "give the program pipes in place of a terminal of its own" },
  foreground: { kind: "flag", summary: "be its process: it has your terminal, and ends with this command" },
  restart: {
    kind: "value",
    placeholder: "policy",
    summary: "start it again when it has ended: never, on-failure or always (never)",
    parse: (text: string): RestartPolicy => oneOf("restart", restartPolicies, text),
  },
  cwd: {
    kind: "value",
    placeholder: "folder",
    summary: "where it stands (here)",
    parse: (text: string): string => text,
  },
  env: {
    kind: "values",
    placeholder: "NAME[=value]",
    summary: "a variable for its environment, yours or a new one; may be given several times",
    parse: (texts: readonly string[]): readonly string[] => texts,
  },
} as const;

const mostAtOnce = 100;
const mostAgents = 1_000;

function parseNumber(text: string, most: number): number {
  const number = Number(text);
  if (/^\d{1,4}$/.test(text) && number >= 1 && number <= most) return number;
  throw new CotalError("bad-number", `${quoted(text)} is not so many`, { hint: `use 1 to ${most}` });
}
