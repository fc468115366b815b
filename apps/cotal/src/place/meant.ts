import { isAbsolute } from "node:path";
import { CotalError, quoted, type Token } from "@cotal/subjects";
import { filesIn, homeOf, type MeshFiles, userFilesOf } from "../home/mesh-files.ts";
import { type Span, toned } from "../report/line.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Asked, type Choice, chooseForUp, chooseMesh, type MeantBy } from "./choose-mesh.ts";
import { type KnownMesh, knownMeshes } from "./known-meshes.ts";
import { findProject, projectHere } from "./project.ts";
import type { Register } from "./register.ts";

/** The mesh that a command is about. */
export interface Meant {
  readonly files: MeshFiles;
  readonly kind: KnownMesh["kind"];
  readonly by: MeantBy;
}

/** `flag`: the space that `--space` names. */
export async function findMeant(host: Surroundings, flag: Token | undefined): Promise<Meant> {
  const named = flag === undefined ? namedFolder(host) : undefined;
  if (named !== undefined) return named;
  const asked = askedIn(host, flag);
  const { meshes: known, register } = await knownMeshes(host);
  const project = asked === undefined ? await projectOf(host, register) : undefined;
  return meantOf(chooseMesh({ asked, project, use: register.use, known }));
}

export interface UpPlace {
  /** The space that is asked for, by flag or variable. */
  readonly space: Asked | undefined;
  readonly here: boolean;
  readonly adopt: boolean;
}

export interface UpMeant {
  readonly meant: Meant;
  readonly others: readonly KnownMesh[];
  /** To be done before anything else is changed. */
  prepare(): Promise<void>;
}

/** The mesh that `up` makes or heals, and the other ones. */
export async function findForUp(host: Surroundings, { space, here, adopt }: UpPlace): Promise<UpMeant> {
  const { meshes: known, register } = await knownMeshes(host);
  if (here) {
    const { folder, prepare } = await projectHere({
      from: host.folder,
      home: homeOf(host),
      register,
      uid: ownUid(),
      adopt,
    });
    return {
      ...withOthers({ files: filesIn(folder), kind: "project", by: "flag" }, known),
      prepare,
    };
  }
  const named = space?.by === "flag" ? undefined : namedFolder(host);
  if (named !== undefined) return withOthers(named, known);
  const isKnown = space !== undefined && known.some((mesh) => mesh.space === space.space);
  const project = isKnown ? undefined : await projectOf(host, register);
  return withOthers(meantOf(chooseForUp({ asked: space, project, use: register.use, known })), known);
}

/** Why it is this one, in words. */
export function meantLine({ files, kind, by }: Meant): readonly (string | Span)[] {
  const what = kind === "user" ? "your own" : `of a project, ${quoted(files.folder)}`;
  return [what, toned("dim", ` (${reasons[by]})`)];
}

export function meantDocument({ files, kind, by }: Meant): object {
  return { kind, folder: files.folder, by };
}

const reasons: Readonly<Record<MeantBy, string>> = {
  flag: "named on the command line",
  environment: "named by the environment",
  project: "you stand in its project",
  use: "chosen with cotal use",
  running: "the only one that runs",
  default: "nothing names another",
};

function withOthers(meant: Meant, known: readonly KnownMesh[]): UpMeant {
  const { folder } = meant.files;
  const others = known.filter(({ files }) => files.folder !== folder);
  return { meant, others, prepare: () => Promise.resolve() };
}

/** Looked for only where nothing was named: a folder that is refused stands in the way of no name. */
function projectOf({ env, folder }: Surroundings, register: Register): Promise<string | undefined> {
  return findProject({ from: folder, home: homeOf({ env, folder }), register, uid: ownUid() });
}

function ownUid(): number | undefined {
  return process.getuid?.();
}

function askedIn({ env }: Surroundings, flag: Token | undefined): Asked | undefined {
  if (flag !== undefined) return { space: flag, by: "flag" };
  return env.COTAL_SPACE ? { space: env.COTAL_SPACE, by: "environment" } : undefined;
}

/** `COTAL_MESH`: the processes of a mesh are told by it to which one they belong. */
function namedFolder(host: Surroundings): Meant | undefined {
  const { COTAL_MESH: folder } = host.env;
  if (!folder) return undefined;
  if (!isAbsolute(folder)) {
    throw new CotalError("usage", `COTAL_MESH cannot be ${quoted(folder)}`, {
      hint: "it is the folder of a mesh, as an absolute path; cotal spaces lists them",
    });
  }
  const kind = userFilesOf(host).folder === folder ? "user" : "project";
  return { files: filesIn(folder), kind, by: "environment" };
}

function meantOf({ mesh: { files, kind }, by }: Choice): Meant {
  return { files, kind, by };
}
