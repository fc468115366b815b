import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";

/** Where what lasts as long as processes lies; the folder of the user's session, where the system has one. */
export function runtimeFolder({ env, folder }: Pick<Host, "env" | "folder">): string {
  if (env.COTAL_HOME) return join(resolve(folder, env.COTAL_HOME), "run");
  const { XDG_RUNTIME_DIR = "", XDG_STATE_HOME = "" } = env;
  if (isAbsolute(XDG_RUNTIME_DIR)) return join(XDG_RUNTIME_DIR, "cotal");
  const state = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(homedir(), ".local", "state");
  return join(state, "cotal", "run");
}

/** What every system takes as the path of a socket. */
const mostBytes = 103;

/** Its name is short whatever the agent and the folder of its mesh are called. */
export function socketPath(host: Pick<Host, "env" | "folder">, { folder }: MeshFiles, name: string): string {
  const short = createHash("sha256").update(`${folder}\u0000${name}`).digest("base64url").slice(0, 12);
  const path = join(runtimeFolder(host), `${short}.sock`);
  if (Buffer.byteLength(path) <= mostBytes) return path;
  throw new CotalError("home-unusable", `${quoted(path)} is too long for the path of a socket`, {
    hint: "set COTAL_HOME to a folder with a shorter path",
    data: { path, mostBytes },
  });
}
