import { verifies } from "@cotal/requirements";
import { asToken } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filesIn } from "../../src/home/mesh-files.ts";
import { chooseForUp, chooseMesh, type Sight } from "../../src/place/choose-mesh.ts";
import type { KnownMesh } from "../../src/place/known-meshes.ts";
import { failureOf } from "../support.ts";

const mesh = (space: string, running = false): KnownMesh => ({
  files: filesIn(`/${space}`),
  kind: space === "main" ? "user" : "project",
  space: asToken("space", space),
  running,
});
const known = [mesh("main"), mesh("app"), mesh("web")];
const all: Sight = {
  asked: { space: "app", by: "flag" },
  project: "/web",
  use: "/app",
  known,
};
const chosen = (sight: Sight): string => {
  const choice = chooseMesh(sight);
  return `${choice.mesh.space} by ${choice.by}`;
};

describe("the mesh that is meant", () => {
  test("is decided by the flag, the environment, the project, the choice, the only one that runs, in this order", () => {
    verifies("CLI-22");
    expect(chosen(all)).toBe("app by flag");
    expect(chosen({ ...all, asked: { space: "main", by: "environment" } })).toBe("main by environment");
    const unnamed = { ...all, asked: undefined };
    expect(chosen(unnamed)).toBe("web by project");
    expect(chosen({ ...unnamed, project: undefined })).toBe("app by use");
    const nothing = { known };
    expect(chosen({ known: [mesh("main"), mesh("app", true)] })).toBe("app by running");
    expect(chosen(nothing)).toBe("main by default");
  });

  test("is never guessed among several that run", async () => {
    verifies("CLI-22");
    const several = [mesh("main", true), mesh("app", true), mesh("web")];
    const failure = await failureOf(() => chooseMesh({ known: several }));
    expect(failure).toMatchObject({ code: "ambiguous-space", hint: expect.stringContaining("cotal use") });
    expect(failure.data.candidates).toEqual([
      { space: "main", folder: "/main" },
      { space: "app", folder: "/app" },
    ]);
    expect(chosen({ known: several, use: "/main" })).toBe("main by use");
  });

  test("is unknown under a name that none has, and the nearest is named", async () => {
    verifies("CLI-22");
    const wrong = { ...all, asked: { space: "wbe", by: "flag" } as const };
    expect(await failureOf(() => chooseMesh(wrong))).toMatchObject({
      code: "unknown-space",
      data: { nearest: "web" },
    });
    expect(await failureOf(() => chooseMesh({ known, use: "/gone" }))).toMatchObject({
      code: "unknown-space",
      hint: expect.stringContaining("cotal use --clear"),
    });
  });

  test("is never another than what says most about it", () => {
    verifies("CLI-22");
    const folders = fc.option(fc.constantFrom("/main", "/app", "/web"), { nil: undefined });
    fc.assert(
      fc.property(
        folders,
        folders,
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        (project, use, runs) => {
          const meshes = known.map((each, at) => ({ ...each, running: runs[at] === true }));
          const running = meshes.filter((each) => each.running);
          fc.pre(project !== undefined || use !== undefined || running.length < 2);
          const choice = chooseMesh({ project, use, known: meshes });
          expect(choice.mesh.files.folder).toBe(project ?? use ?? running[0]?.files.folder ?? "/main");
        },
      ),
    );
  });
});

describe("the mesh that up makes or heals", () => {
  test("is not the one that happens to run elsewhere, and a new name is for a new mesh", () => {
    verifies("CLI-21", "CLI-22");
    const running = [mesh("main"), mesh("app", true)];
    const up = (sight: Sight): string => {
      const choice = chooseForUp(sight);
      return `${choice.mesh.space} by ${choice.by}`;
    };
    expect(up({ known: running })).toBe("main by default");
    expect(up({ known: running, asked: { space: "app", by: "flag" } })).toBe("app by flag");
    expect(up({ known: running, asked: { space: "new", by: "flag" } })).toBe("main by default");
    expect(up({ known: running, project: "/app" })).toBe("app by project");
    expect(up({ known: running, use: "/app" })).toBe("app by use");
  });
});
