import { readBrokerRecord } from "@cotal/broker";
import { CotalError, type Token } from "@cotal/subjects";
import { filesIn, homeOf, type MeshFiles, userFilesOf } from "../home/mesh-files.ts";
import { readSettings } from "../mesh/settings.ts";
import type { Surroundings } from "../surroundings.ts";
import { hasMark } from "./project.ts";
import { type Register, readRegister } from "./register.ts";

/** A mesh of this machine that is the user's. */
export interface KnownMesh {
  readonly files: MeshFiles;
  /** `user`: the main one. */
  readonly kind: "user" | "project";
  /** Absent while none was made, or when what says it cannot be read. */
  readonly space?: Token | undefined;
  readonly error?: CotalError | undefined;
  readonly running: boolean;
}

/** The main mesh of the user, made or not, and each project's whose folder is still there. */
export async function knownMeshes(
  host: Surroundings,
): Promise<{ readonly meshes: readonly KnownMesh[]; readonly register: Register }> {
  const register = await readRegister(homeOf(host));
  const projects = [];
  for (const { folder } of register.projects) {
    if (await hasMark(folder, register)) projects.push(filesIn(folder));
  }
  const meshes = await Promise.all([
    knownMesh(userFilesOf(host), "user"),
    ...projects.map((files) => knownMesh(files, "project")),
  ]);
  return { meshes, register };
}

async function knownMesh(files: MeshFiles, kind: KnownMesh["kind"]): Promise<KnownMesh> {
  try {
    const settings = await readSettings(files);
    return { files, kind, space: settings?.space, running: await isRunningIn(files) };
  } catch (error) {
    if (!(error instanceof CotalError)) throw error;
    return { files, kind, error, running: await isRunningIn(files) };
  }
}

async function isRunningIn({ broker }: MeshFiles): Promise<boolean> {
  try {
    return (await readBrokerRecord(broker)).kind === "running";
  } catch (error) {
    if (error instanceof CotalError) return false;
    throw error;
  }
}
