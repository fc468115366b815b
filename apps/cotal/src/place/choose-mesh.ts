import { CotalError, quoted } from "@cotal/subjects";
import { nearest } from "../nearest.ts";
import type { KnownMesh } from "./known-meshes.ts";

/** What has decided which mesh is meant. */
export type MeantBy = "flag" | "environment" | "project" | "use" | "running" | "default";

export interface Sight {
  /** A space that was named. */
  readonly asked?: Asked | undefined;
  /** The folder of the mesh of the project that the caller stands in. */
  readonly project?: string | undefined;
  /** The folder of the mesh that was chosen with `cotal use`. */
  readonly use?: string | undefined;
  /** The user's own comes first. */
  readonly known: readonly KnownMesh[];
}

export interface Asked {
  readonly space: string;
  readonly by: "flag" | "environment";
}

export interface Choice {
  readonly mesh: KnownMesh;
  readonly by: MeantBy;
}

/** Which mesh is meant; what says more about it goes before what says less. */
export function chooseMesh({ asked, project, use, known }: Sight): Choice {
  if (asked !== undefined) return { mesh: meshOf(asked.space, known), by: asked.by };
  const standing = known.find(({ files }) => files.folder === project);
  if (standing !== undefined) return { mesh: standing, by: "project" };
  if (use !== undefined) return { mesh: chosen(use, known), by: "use" };
  const running = known.filter((mesh) => mesh.running);
  if (running.length > 1) throw ambiguous("several meshes run, and nothing says which is meant", running);
  const [only] = running;
  return only === undefined ? { mesh: userMesh(known), by: "default" } : { mesh: only, by: "running" };
}

/** Which mesh `up` starts or heals: what happens to run elsewhere says nothing, and a new name is for a new mesh. */
export function chooseForUp({ asked, project, use, known }: Sight): Choice {
  const isKnown = asked !== undefined && known.some(({ space }) => space === asked.space);
  const quiet = known.map((mesh) => ({ ...mesh, running: false }));
  return chooseMesh({ asked: isKnown ? asked : undefined, project, use, known: quiet });
}

/** The mesh of a space; `unknown-space` names the nearest one. */
export function meshOf(space: string, known: readonly KnownMesh[]): KnownMesh {
  const found = known.filter((mesh) => mesh.space === space);
  if (found.length > 1) throw ambiguous(`several meshes have the space ${quoted(space)}`, found);
  const [mesh] = found;
  if (mesh !== undefined) return mesh;
  const near = nearest(
    space,
    known.flatMap((each) => each.space ?? []),
  );
  throw new CotalError("unknown-space", `no mesh of yours on this machine has the space ${quoted(space)}`, {
    hint: near === undefined ? "cotal spaces lists them" : `did you mean ${near}? cotal spaces lists all`,
    data: { space, ...(near !== undefined && { nearest: near }) },
  });
}

function userMesh(known: readonly KnownMesh[]): KnownMesh {
  const mesh = known.find(({ kind }) => kind === "user");
  if (mesh === undefined) throw new CotalError("internal", "the user's mesh is in no list");
  return mesh;
}

function chosen(use: string, known: readonly KnownMesh[]): KnownMesh {
  const mesh = known.find(({ files }) => files.folder === use);
  if (mesh !== undefined) return mesh;
  throw new CotalError("unknown-space", `the mesh that cotal use has chosen is gone: ${quoted(use)}`, {
    hint: "cotal use --clear takes the choice back; cotal spaces lists what there is",
    data: { folder: use },
  });
}

function ambiguous(what: string, meshes: readonly KnownMesh[]): CotalError {
  const candidates = meshes.map(({ space, files }) => ({ space, folder: files.folder }));
  const names = candidates.map(({ space, folder }) => `${space} in ${quoted(folder)}`).join("; ");
  return new CotalError("ambiguous-space", `${what}: ${names}`, {
    hint: "name one by --space <name>, or choose one for good: cotal use <space>",
    data: { candidates },
  });
}
