import {
  asChannelPattern,
  asToken,
  type ChannelPattern,
  CotalError,
  quoted,
  type Token,
} from "@cotal/subjects";
import type { State } from "../home/json-state.ts";
import type { Asked } from "../seat/order.ts";
import { restartPolicies } from "../seat/restart-policy.ts";

/** What a peer asks to be spawned. It has no environment: no value of one travels over the broker. */
export function readSpawnRequest(args: unknown): Asked {
  const {
    name,
    preset,
    exec,
    program = [],
    role,
    allowSubscribe,
    allowPublish,
    subscribe,
    restart,
    cwd,
    ...others
  } = fieldsOf(args);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw malformed(`it has the field ${quoted(unknown)}, which nobody knows`);
  if (preset !== undefined && preset !== "echo") throw malformed("its preset is not echo");
  const policy = restartPolicies.find((each) => each === restart);
  if (restart !== undefined && policy === undefined) throw malformed("its restart is no policy");
  const words = texts("program", program);
  return {
    name: readName({ name }),
    program: words,
    options: {
      ...(preset !== undefined && { preset }),
      ...(exec !== undefined && { exec: text("exec", exec) }),
      ...(role !== undefined && { role: asToken("role", text("role", role)) }),
      ...(allowSubscribe !== undefined && { allowSubscribe: patterns("allowSubscribe", allowSubscribe) }),
      ...(allowPublish !== undefined && { allowPublish: patterns("allowPublish", allowPublish) }),
      ...(subscribe !== undefined && { subscribe: patterns("subscribe", subscribe) }),
      ...(policy !== undefined && { restart: policy }),
      ...(cwd !== undefined && { cwd: text("cwd", cwd) }),
    },
  };
}

/** The agent that is meant. */
export function readName(args: unknown): Token {
  return asToken("name", text("name", fieldsOf(args).name));
}

function fieldsOf(args: unknown): State {
  if (typeof args === "object" && args !== null && !Array.isArray(args)) return args as State;
  throw malformed("it has no arguments");
}

function text(field: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw malformed(`its ${field} is no text`);
}

function texts(field: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw malformed(`its ${field} is no list of texts`);
}

function patterns(field: string, value: unknown): readonly ChannelPattern[] {
  return texts(field, value).map(asChannelPattern);
}

function malformed(why: string): CotalError {
  return new CotalError("bad-request", `the manager cannot do this: ${why}`, {
    hint: "see the operations of the manager in the specification of the command line",
  });
}
