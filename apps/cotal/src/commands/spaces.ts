import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import type { Host } from "../host.ts";
import { type JoinedSpace, joinedSpaces } from "../place/joined.ts";
import { type KnownMesh, knownMeshes } from "../place/known-meshes.ts";
import { type Meant, meantDocument, meantLine } from "../place/meant.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { type Cell, table } from "../report/table.ts";

export const definition: Definition<never> = {
  options: [],
  details: [
    "Your own mesh, those of your projects, and the spaces elsewhere that you have joined by a link; which of them",
    "run now, which one is meant, and why. meshes is another word for it.",
  ],
};

export async function run({ host, step }: Call<never>): Promise<Outcome> {
  const { meshes, register } = await knownMeshes(host);
  step("looking who answers");
  const joined = await joinedSpaces(register, meshes);
  const meant = await meantIfAny(host);
  const isMeant = ({ files }: KnownMesh): boolean =>
    !(meant instanceof CotalError) && files.folder === meant.files.folder;
  const spaces = [
    ...meshes.map((mesh) => ({
      ...documentOf(mesh),
      meant: isMeant(mesh),
      chosen: mesh.files.folder === register.use,
    })),
    ...joined.map((each) => ({ ...each, kind: "joined" as const, meant: false, chosen: false })),
  ];
  const rows = [
    ...meshes.map((mesh) => meshRow(mesh, isMeant(mesh))),
    ...joined.map((each): Cell[] => ["", each.space, "joined", stateOf(each), each.link]),
  ];
  const isRefused = meant instanceof CotalError;
  return {
    result: { spaces, meant: isRefused ? { code: meant.code } : meantDocument(meant) },
    lines: [...table(["", "space", "mesh", "state", "where"], rows), "", meantText(meant)],
  };
}

/** What stands in the way of knowing it is told, and is no failure of this command. */
async function meantIfAny(host: Host): Promise<Meant | CotalError> {
  try {
    return await host.meant();
  } catch (error) {
    if (error instanceof CotalError) return error;
    throw error;
  }
}

function meantText(meant: Meant | CotalError): Line {
  if (meant instanceof CotalError) return [toned("warn", "none is meant: "), meant.message];
  return ["meant is the mesh ", ...meantLine(meant)];
}

function documentOf({ space, kind, files, running, error }: KnownMesh): object {
  const { folder } = files;
  return { space: space ?? null, kind, folder, running, ...(error && { code: error.code }) };
}

function meshRow(mesh: KnownMesh, isMeant: boolean): Cell[] {
  const { kind, files, error } = mesh;
  const name = mesh.space ?? (error === undefined ? "not made yet" : "unreadable");
  return [
    isMeant ? toned("good", "→") : "",
    toned(mesh.space === undefined ? "dim" : "strong", name),
    kind === "user" ? "your own" : "project",
    error === undefined ? stateOf(mesh) : toned("bad", error.code),
    files.folder,
  ];
}

function stateOf({ running }: KnownMesh | JoinedSpace): Cell {
  return running ? toned("good", "running") : toned("dim", "stopped");
}
