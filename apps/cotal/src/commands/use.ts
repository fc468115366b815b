import { CotalError, quoted, type Token } from "@cotal/subjects";
import { parseJoinLink } from "@cotal/wire";
import type { Call, Definition } from "../command.ts";
import { homeOf } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { meshOf } from "../place/choose-mesh.ts";
import { type KnownMesh, knownMeshes } from "../place/known-meshes.ts";
import { findMeant, meantLine } from "../place/meant.ts";
import { changeRegister } from "../place/register.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

type Name = "clear" | "dryRun";

export const definition: Definition<Name, "chosen"> = {
  options: ["clear", "dryRun"],
  arguments: ["chosen"],
  details: [
    "The mesh of that space is meant by every command from now on, unless --space, a variable or the project that",
    "you stand in names another one. --clear takes the choice back. cotal spaces lists what there is.",
  ],
};

export async function run({ host, options, words }: Call<Name, "chosen">): Promise<Outcome> {
  const { clear = false, dryRun = false } = options;
  if (clear === (words.chosen !== undefined)) {
    throw new CotalError("usage", "either a space is chosen, or the choice is taken back", {
      hint: "cotal use <space>, or cotal use --clear",
    });
  }
  const { meshes, register } = await knownMeshes(host);
  const mesh = words.chosen === undefined ? undefined : meshFor(words.chosen, meshes, register.joined);
  const use = mesh?.files.folder;
  if (!dryRun)
    await changeRegister(homeOf(host), ({ use: _, ...rest }) => ({ ...rest, ...(use && { use }) }));
  const before = meshes.find(({ files }) => files.folder === register.use);
  return {
    result: {
      chosen: mesh?.space ?? null,
      before: before?.space ?? null,
      folder: use ?? null,
      changed: use !== register.use,
      dryRun,
    },
    lines: [chosenLine(mesh, dryRun), ...(dryRun ? [] : await otherwise(mesh, host))],
  };
}

function meshFor(space: Token, meshes: readonly KnownMesh[], joined: readonly string[]): KnownMesh {
  const link = joined.find((each) => parseJoinLink(each).space === space);
  const isOwn = meshes.some((mesh) => mesh.space === space);
  if (isOwn || link === undefined) return meshOf(space, meshes);
  throw new CotalError(
    "unknown-space",
    `the space ${quoted(space)} is of another mesh, and no part of it lies here`,
    {
      hint: `cotal join ${link} is the way there`,
      data: { space, link },
    },
  );
}

function chosenLine(mesh: KnownMesh | undefined, dryRun: boolean): Line {
  const would = dryRun ? "would be " : "";
  if (mesh === undefined) return `the choice ${would || "is "}taken back`;
  return [`${would}chosen: `, toned("strong", mesh.space ?? ""), ` in ${mesh.files.folder}`];
}

/** Something that goes before the choice may say another one where the caller stands. */
async function otherwise(mesh: KnownMesh | undefined, host: Host): Promise<Line[]> {
  const meant = await findMeant(host, undefined).catch((error: unknown) => {
    if (error instanceof CotalError) return undefined;
    throw error;
  });
  if (meant === undefined || mesh === undefined || meant.by === "use") return [];
  return [[toned("warn", "here "), "it does not count: the mesh ", ...meantLine(meant), " goes before it"]];
}
