import { CotalError, isToken, quoted, type Token } from "@cotal/subjects";
import { type State, stateIn } from "../home/json-state.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny, writePrivateFile } from "../home/private-file.ts";
import { stateFormat } from "../home/state-format.ts";
import type { SyncMode } from "../option-table.ts";
import { programVersion } from "../program-version.ts";
import type { Network } from "./network.ts";

/** What was decided when the mesh was made, and how it is to be started again. */
export interface MeshSettings extends Network {
  readonly space: Token;
  /** `open`: whoever reaches the broker may do everything. */
  readonly mode: "auth" | "open";
  readonly shards: number;
  readonly storageBytes: number;
  readonly sync: SyncMode;
  /** Asked for by the user; otherwise any free port serves. */
  readonly port?: number | undefined;
  /** The name of the user's own peer. */
  readonly peer: Token;
}

/** `undefined` when no mesh was ever made here. */
export async function readSettings({ settings: path }: MeshFiles): Promise<MeshSettings | undefined> {
  const text = await readFileIfAny(path);
  if (text === undefined) return undefined;
  const state = stateIn(text);
  if (typeof state?.format === "number" && state.format > stateFormat) throw newer(path, state);
  if (state !== undefined && isSettings(state)) return state;
  throw new CotalError("bad-state", `${quoted(path)} cannot be read`, {
    hint: "restore the file; or, to start anew without the messages and keys of this mesh, delete its folder",
    data: { path },
  });
}

export function writeSettings({ settings: path }: MeshFiles, settings: MeshSettings): Promise<void> {
  const state = { format: stateFormat, program: programVersion(), ...settings };
  return writePrivateFile(path, `${JSON.stringify(state, null, 2)}\n`);
}

function isSettings(state: State): state is State & MeshSettings {
  const { format, space, mode, shards, storageBytes, sync, port, peer, host, address, tls } = state;
  return (
    format === stateFormat &&
    isToken(space) &&
    isToken(peer) &&
    (mode === "auth" || mode === "open") &&
    Number.isSafeInteger(shards) &&
    Number.isSafeInteger(storageBytes) &&
    (sync === "always" || sync === "group") &&
    (port === undefined || Number.isSafeInteger(port)) &&
    isTextIfAny(host) &&
    isTextIfAny(address) &&
    (tls === undefined || isTlsFiles(tls))
  );
}

function isTlsFiles(value: unknown): boolean {
  const { certFile, keyFile, caFile } = (value ?? {}) as State;
  return typeof certFile === "string" && typeof keyFile === "string" && isTextIfAny(caFile);
}

function isTextIfAny(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function newer(path: string, { format, program }: State): CotalError {
  const [own, by] = [programVersion(), quoted(program)];
  return new CotalError(
    "state-newer",
    `the mesh was written by cotal ${by} in format ${format}; this is cotal ${own}, which knows format ${stateFormat}`,
    { hint: "use the newer cotal", data: { path, format, known: stateFormat, program, version: own } },
  );
}
