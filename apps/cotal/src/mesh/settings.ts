import { CotalError, isToken, quoted, type Token } from "@cotal/subjects";
import type { State } from "../home/json-state.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { writePrivateFile } from "../home/private-file.ts";
import { stateFormat } from "../home/state-format.ts";
import { seeState, stateNewer, stateOlder } from "../home/state-sight.ts";
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
export async function readSettings(files: MeshFiles): Promise<MeshSettings | undefined> {
  const path = files.settings;
  const sight = await seeState(files, stateFormat);
  if (sight.kind === "absent") return undefined;
  const at = { path, known: stateFormat };
  if (sight.kind === "newer") throw stateNewer(sight, at);
  if (sight.kind === "older") throw stateOlder(sight, at);
  if (sight.kind === "current" && isSettings(sight.state)) return sight.state;
  throw new CotalError("bad-state", `${quoted(path)} cannot be read`, {
    hint: "restore the file; or, to start anew without the messages and keys of this mesh, delete its folder",
    data: { path },
  });
}

/** Whether a mesh was made here, also in an older format: to be stopped and deleted it need not be understood. */
export async function isMesh(files: MeshFiles): Promise<boolean> {
  if ((await seeState(files, stateFormat)).kind === "older") return true;
  return (await readSettings(files)) !== undefined;
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
