import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Surroundings } from "../surroundings.ts";

/** Where a mesh lies; everything is below `folder`. */
export interface MeshFiles {
  readonly folder: string;
  readonly settings: string;
  /** Keys of the operator; those of a space are in a folder of their own. */
  readonly trust: string;
  readonly spaceTrust: (space: string) => string;
  /** Streams, log and record of the broker. */
  readonly broker: string;
  /** Credentials of peers. */
  readonly peers: string;
  readonly credential: (name: string) => string;
  /** Agents that were spawned: a folder for each. */
  readonly seats: string;
  /** Log and record of the manager. */
  readonly manager: string;
  readonly managerLog: string;
  /** Log and records of the delivery daemons. */
  readonly delivery: string;
  /** The state as it was before it was brought to another format. */
  readonly copies: string;
  /** What the doctor has written down for others. */
  readonly bundles: string;
}

/** The main mesh of a user is called so. */
export const mainName = "main";

/** Who knows which mesh is meant. */
interface Meaning {
  readonly meant: () => Promise<{ readonly files: MeshFiles }>;
}

/** Of the mesh that is meant. */
export async function meshFilesOf({ meant }: Meaning): Promise<MeshFiles> {
  return (await meant()).files;
}

/** Of the main mesh of this user. */
export function userFilesOf(host: Surroundings): MeshFiles {
  return filesIn(join(homeOf(host), mainName));
}

/** `COTAL_HOME` moves everything; else the XDG folder for data counts, in which relative paths are void. */
export function homeOf({ env, folder }: Surroundings): string {
  if (env.COTAL_HOME) return join(resolve(folder, env.COTAL_HOME), "data");
  const given = env.XDG_DATA_HOME ?? "";
  return join(isAbsolute(given) ? given : join(homedir(), ".local", "share"), "cotal");
}

/** What this user has of meshes beside the main one. */
export function registerPath(home: string): string {
  return join(home, "spaces.json");
}

export function filesIn(folder: string): MeshFiles {
  const trust = join(folder, "trust");
  const peers = join(folder, "peers");
  return {
    folder,
    settings: join(folder, "mesh.json"),
    trust,
    spaceTrust: (space) => join(trust, space),
    broker: join(folder, "broker"),
    peers,
    seats: join(folder, "seats"),
    manager: join(folder, "manager"),
    managerLog: join(folder, "manager", "log"),
    delivery: join(folder, "delivery"),
    copies: join(folder, "copies"),
    bundles: join(folder, "bundles"),
    credential: (name) => join(peers, `${name}.creds`),
  };
}
