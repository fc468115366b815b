import { readBrokerRecord } from "@cotal/broker";
import { CotalError, isToken, type Token } from "@cotal/subjects";
import { filesIn, homeOf, type MeshFiles, userFilesOf } from "../home/mesh-files.ts";
import { stateFormat } from "../home/state-format.ts";
import { seeState } from "../home/state-sight.ts";
import { readSettings } from "../mesh/settings.ts";
import type { Surroundings } from "../surroundings.ts";
import { hasMark } from "./project.ts";
import { type Register, readRegister } from "./register.ts";

/** A mesh of this machine that is the user's. */
export interface KnownMesh {
  readonly files: MeshFiles;
  /** `user`: the main one. */
  readonly kind: "user" | "project";
  /** Absent while none was made, or when nothing that can be read says it. */
  readonly space?: Token | undefined;
  readonly error?: CotalError | undefined;
  readonly running: boolean;
  /** On which its broker answers, when it runs. */
  readonly port?: number | undefined;
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
    return { files, kind, space: settings?.space, ...(await brokerIn(files)) };
  } catch (error) {
    if (!(error instanceof CotalError)) throw error;
    return { files, kind, space: await nameIn(files), error, ...(await brokerIn(files)) };
  }
}

/** Also of another format: its name is how it is meant. */
async function nameIn(files: MeshFiles): Promise<Token | undefined> {
  const sight = await seeState(files, stateFormat);
  if (!("state" in sight)) return undefined;
  const { space } = sight.state;
  return isToken(space) ? space : undefined;
}

async function brokerIn({ broker }: MeshFiles): Promise<Pick<KnownMesh, "running" | "port">> {
  try {
    const state = await readBrokerRecord(broker);
    return state.kind === "running" ? { running: true, port: state.record.port } : { running: false };
  } catch (error) {
    if (error instanceof CotalError) return { running: false };
    throw error;
  }
}
