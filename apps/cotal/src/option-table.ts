import { asToken, CotalError, quoted, type Token } from "@cotal/subjects";
import { parseBytes } from "./bytes.ts";

interface Flag {
  readonly kind: "flag";
  readonly summary: string;
}

interface Valued<Value> {
  readonly kind: "value";
  /** What stands for the value in a help text. */
  readonly placeholder: string;
  readonly summary: string;
  readonly parse: (text: string) => Value;
}

export type Option = Flag | Valued<unknown>;

/** Every option there is. Its flag and its variable follow from its name: `syncMode`, `--sync-mode`, `COTAL_SYNC_MODE`. */
export const optionTable = {
  json: { kind: "flag", summary: "print JSON: one document, failures too" },
  plain: { kind: "flag", summary: "print text without colours and moving parts" },
  quiet: { kind: "flag", summary: "print no progress" },
  debug: { kind: "flag", summary: "show where a failure comes from" },
  yes: { kind: "flag", summary: "answer yes to what is asked before something is deleted" },
  space: {
    kind: "value",
    placeholder: "name",
    summary: "the space of the mesh (main)",
    parse: (text: string): Token => asToken("space", text),
  },
  open: { kind: "flag", summary: "without credentials: every program of this machine may do everything" },
  port: {
    kind: "value",
    placeholder: "number",
    summary: "the port of the broker (a free one, then always the same)",
    parse: (text: string): number => parsePort(text),
  },
  sync: {
    kind: "value",
    placeholder: "always|group",
    summary: "write to the disk before each answer, or every 100 ms (group)",
    parse: (text: string): SyncMode => parseSync(text),
  },
  storage: {
    kind: "value",
    placeholder: "size",
    summary: "what the space may store, fixed when it is made (4GiB)",
    parse: (text: string): number => parseBytes(text),
  },
  as: {
    kind: "value",
    placeholder: "name",
    summary: "the name of your own peer (your login)",
    parse: (text: string): Token => asToken("name", text),
  },
  broker: {
    kind: "value",
    placeholder: "path",
    summary: "the nats-server to run (one on the PATH, or the one installed with cotal)",
    parse: (text: string): string => text,
  },
  detach: { kind: "flag", summary: "leave the mesh running and return" },
  purge: { kind: "flag", summary: "also delete messages, keys and credentials; needs --yes" },
} as const;

export type OptionName = keyof typeof optionTable;
export type SyncMode = "always" | "group";

type ValueOf<Name extends OptionName> = (typeof optionTable)[Name] extends {
  readonly parse: (text: string) => infer Value;
}
  ? Value
  : boolean;

/** The options that were given, by flag or by variable. */
export type OptionValues<Name extends OptionName> = { readonly [Each in Name]?: ValueOf<Each> };

/** Options that every command takes. */
export const commonOptions = ["json", "plain", "quiet", "debug", "yes"] as const;

export function flagOf(name: OptionName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function variableOf(name: OptionName): string {
  return `COTAL_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new CotalError("bad-number", `${quoted(text)} is not a port`, { hint: "use 1 to 65535" });
}

function parseSync(text: string): SyncMode {
  if (text === "always" || text === "group") return text;
  throw new CotalError("usage", `${quoted(text)} is not a way to write to the disk`, {
    hint: "use --sync always or --sync group",
  });
}
