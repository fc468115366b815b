import { CotalError, quoted } from "@cotal/subjects";
import { stateIn } from "../home/json-state.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny, writePrivateFile } from "../home/private-file.ts";
import type { Host } from "../host.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { type Seat, seatFiles } from "./seat.ts";

export type Variables = Readonly<Record<string, string>>;

/** What an agent gets of the environment of whoever spawns it. It lies in a file for this user alone. */
export interface SeatEnvironment {
  /** As every program of this user has them. */
  readonly inherited: Variables;
  /** Given for this agent; they may be secrets, and no output shows their values. */
  readonly given: Variables;
}

const inheritedNames = /^(HOME|PATH|SHELL|USER|LOGNAME|LANG|LC_[A-Z]+|TERM|TZ|TMPDIR|SSH_AUTH_SOCK)$/;

/** `wishes`: `NAME`, of the caller, or `NAME=value`. */
export function environmentFor(wishes: readonly string[], { env }: Pick<Host, "env">): SeatEnvironment {
  const inherited = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && inheritedNames.test(name) ? [[name, value] as const] : [],
  );
  return {
    inherited: Object.fromEntries(inherited),
    given: Object.fromEntries(wishes.map((wish) => variableIn(wish, env))),
  };
}

function variableIn(wish: string, env: Host["env"]): readonly [name: string, value: string] {
  const at = wish.indexOf("=");
  const name = at === -1 ? wish : wish.slice(0, at);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw refusal(`${quoted(name)} is no name of a variable`, "use --env NAME or --env NAME=value");
  }
  if (name.startsWith("COTAL_")) {
    throw refusal(`${name} is set for every agent`, "choose a name that does not begin with COTAL_");
  }
  const value = at === -1 ? env[name] : wish.slice(at + 1);
  if (value === undefined)
    throw refusal(`${name} is not set here`, `set it first, or use --env ${name}=value`);
  if (value.includes("\u0000")) throw refusal(`the value of ${name} cannot stand in an environment`, "");
  return [name, value];
}

function refusal(what: string, hint: string): CotalError {
  return new CotalError("usage", what, { hint });
}

export function writeEnvironment(
  files: MeshFiles,
  { name }: Pick<Seat, "name">,
  environment: SeatEnvironment,
): Promise<void> {
  const text = `${JSON.stringify({ v: 1, ...environment })}\n`;
  return writePrivateFile(seatFiles(files, name).environment, text);
}

export async function readEnvironment(
  files: MeshFiles,
  { name }: Pick<Seat, "name">,
): Promise<SeatEnvironment> {
  const path = seatFiles(files, name).environment;
  const { v, inherited, given } = stateIn((await readFileIfAny(path)) ?? "") ?? {};
  if (v === 1 && isVariables(inherited) && isVariables(given)) return { inherited, given };
  throw new CotalError("bad-state", `${quoted(path)} cannot be read`, {
    hint: `stop ${name}, and spawn it again`,
    data: { path },
  });
}

function isVariables(value: unknown): value is Variables {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((each) => typeof each === "string")
  );
}

/** All that stands in the environment of a program of the agent: who it is, and where its mesh is. */
export function variablesOf(
  { inherited, given }: SeatEnvironment,
  { mesh, seat }: { readonly mesh: RunningMesh; readonly seat: Pick<Seat, "name" | "subscribe"> },
): Variables {
  const { name, subscribe } = seat;
  const { files, settings, dial } = mesh;
  return {
    ...inherited,
    ...given,
    COTAL_CREDS: files.credential(name),
    COTAL_SPACE: settings.space,
    COTAL_SERVERS: dial.servers.join(","),
    ...(dial.tls?.caFile !== undefined && { COTAL_TLS_CA: dial.tls.caFile }),
    COTAL_NAME: name,
    ...(settings.mode === "open" && { COTAL_OPEN: "1" }),
    ...(subscribe !== undefined && { COTAL_SUBSCRIBE: subscribe.join(",") }),
  };
}

/** Short values are words like any other: to mask them would hide what is meant to be read. */
const leastMasked = 6;

/** A text without the values that were given for an agent. */
export function maskOf({ given }: SeatEnvironment): (text: string) => string {
  const values = Object.values(given)
    .filter((value) => value.length >= leastMasked)
    .sort((one, other) => other.length - one.length);
  return (text) => values.reduce((masked, value) => masked.replaceAll(value, "***"), text);
}
