import {
  asChannel,
  asChannelPattern,
  asToken,
  type Channel,
  type ChannelPattern,
  CotalError,
  quoted,
  type Token,
} from "@cotal/subjects";
import { parseBytes } from "./bytes.ts";
import { doctorOptions } from "./doctor/doctor-options.ts";
import { parseDuration } from "./duration.ts";
import { networkOptions } from "./mesh/network.ts";
import { oneOf } from "./one-of.ts";
import { readingOptions } from "./reading/reading-options.ts";
import { rightsOptions } from "./rights/rights-options.ts";
import { seatOptions } from "./seat/seat-options.ts";

interface Flag {
  readonly kind: "flag";
  /** The letter of a short form. */
  readonly short?: string;
  readonly summary: string;
}

interface Valued<Value> {
  readonly kind: "value";
  readonly short?: string;
  /** What stands for the value in a help text. */
  readonly placeholder: string;
  readonly summary: string;
  readonly parse: (text: string) => Value;
}

/** May be given several times. */
interface ManyValued<Value> extends Omit<Valued<Value>, "kind" | "parse"> {
  readonly kind: "values";
  readonly parse: (texts: readonly string[]) => Value;
}

export type Option = Flag | Valued<unknown> | ManyValued<unknown>;

/** Every option there is. Its flag and its variable follow from its name: `syncMode`, `--sync-mode`, `COTAL_SYNC_MODE`. */
export const optionTable = {
  json: { kind: "flag", summary: "print JSON: one document, failures too" },
  plain: { kind: "flag", summary: "print text without colours and moving parts" },
  quiet: { kind: "flag", summary: "print no progress" },
  debug: { kind: "flag", summary: "show where a failure comes from" },
  yes: { kind: "flag", summary: "answer yes to what is asked before something is deleted" },
  manifest: {
    kind: "value",
    short: "f",
    placeholder: "file",
    summary: "a cotal.yaml: channels, agents and rights as they are to be",
    parse: (text: string): string => text,
  },
  space: {
    kind: "value",
    placeholder: "name",
    summary: "the space that is meant; of a new mesh its name (main, or that of the project's folder)",
    parse: (text: string): Token => asToken("space", text),
  },
  here: { kind: "flag", summary: "a mesh of the project of this folder, in .cotal" },
  adopt: {
    kind: "flag",
    summary: "take over a .cotal that came from elsewhere, with all it holds: keys, and agents that start",
  },
  components: { kind: "flag", summary: "each part by itself: its process, and what it answers now" },
  clear: { kind: "flag", summary: "take the choice back" },
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
    parse: (text: string): SyncMode => oneOf("sync", syncModes, text),
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
  drain: {
    kind: "flag",
    summary: "let agents finish what they have in hand, and clients leave, before it stops",
  },
  keepAgents: { kind: "flag", summary: "leave the agents running: they wait for the mesh" },
  channel: {
    kind: "value",
    short: "c",
    placeholder: "channel",
    summary: "the channel that is meant",
    parse: (text: string): Channel => asChannel(text),
  },
  to: {
    kind: "value",
    short: "t",
    placeholder: "peer",
    summary: "the peer that it goes to, by name or id",
    parse: (text: string): string => text,
  },
  role: {
    kind: "value",
    short: "r",
    placeholder: "role",
    summary: "the role: one free worker gets what is sent to it",
    parse: (text: string): Token => asToken("role", text),
  },
  file: {
    kind: "value",
    placeholder: "path",
    summary: "a file that holds the text",
    parse: (text: string): string => text,
  },
  id: {
    kind: "value",
    placeholder: "id",
    summary: "the id of the message: sent again under it within two minutes, it is stored once",
    parse: (text: string): string => text,
  },
  waitReply: { kind: "flag", summary: "wait for a direct message that replies to it" },
  timeout: {
    kind: "value",
    placeholder: "duration",
    summary: "how long to wait (60s)",
    parse: (text: string): number => parseDuration(text),
  },
  preset: {
    kind: "value",
    placeholder: "echo|exec",
    summary: "what kind of agent it is; echo says what it hears, exec asks the line of --exec",
    parse: (text: string): Preset => oneOf("preset", presets, text),
  },
  allowSubscribe: {
    kind: "value",
    placeholder: "channels",
    summary: "what it may read, with commas between (general)",
    parse: (text: string): readonly ChannelPattern[] => parsePatterns(text),
  },
  allowPublish: {
    kind: "value",
    placeholder: "channels",
    summary: "what it may post to, with commas between (general)",
    parse: (text: string): readonly ChannelPattern[] => parsePatterns(text),
  },
  subscribe: {
    kind: "value",
    placeholder: "channels",
    summary: "what it joins at its start, with commas between (all that it may read)",
    parse: (text: string): readonly ChannelPattern[] => parsePatterns(text),
  },
  wait: {
    kind: "value",
    placeholder: "running|ready",
    summary: "until its process runs, or until it is present on the mesh (ready)",
    parse: (text: string): Awaited => oneOf("wait", awaited, text),
  },
  standby: {
    kind: "flag",
    summary: "wait for what another daemon leads, and take it over when that one is gone",
  },
  shards: {
    kind: "value",
    placeholder: "numbers",
    summary: "the shards to serve, with commas between (all)",
    parse: (text: string): readonly number[] => parseShards(text),
  },
  ...networkOptions,
  ...seatOptions,
  ...readingOptions,
  ...rightsOptions,
  ...doctorOptions,
  metricsPort: {
    kind: "value",
    placeholder: "number",
    summary: "a port of this machine on which Prometheus reads metrics (none)",
    parse: (text: string): number => parsePort(text),
  },
  creds: {
    kind: "value",
    placeholder: "file",
    summary: "a credential file: be the peer that it belongs to",
    parse: (text: string): string => text,
  },
} as const;

export type OptionName = keyof typeof optionTable;

const syncModes = ["always", "group"] as const;
export type SyncMode = (typeof syncModes)[number];
const presets = ["echo", "exec"] as const;
export type Preset = (typeof presets)[number];
const awaited = ["running", "ready"] as const;
export type Awaited = (typeof awaited)[number];

type ValueOf<Name extends OptionName> = (typeof optionTable)[Name] extends {
  readonly parse: (given: never) => infer Value;
}
  ? Value
  : boolean;

/** The options that were given, by flag or by variable. */
export type OptionValues<Name extends OptionName> = { readonly [Each in Name]?: ValueOf<Each> };

/** Options that every command takes. */
export const commonOptions = ["space", "json", "plain", "quiet", "debug", "yes"] as const;

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

function parseShards(text: string): readonly number[] {
  const shards = text.split(",").map((each) => (/^\d{1,4}$/.test(each) ? Number(each) : Number.NaN));
  if (shards.every(Number.isSafeInteger)) return [...new Set(shards)];
  throw new CotalError("bad-number", `${quoted(text)} names no shards`, { hint: "for example 0,1" });
}

/** Nothing between the commas is nothing: an empty text allows no channel. */
function parsePatterns(text: string): readonly ChannelPattern[] {
  return text === "" ? [] : text.split(",").map(asChannelPattern);
}
