import { chmod, mkdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import {
  findProject,
  forgetMesh,
  type ProjectPlace,
  type ProjectWish,
  projectHere,
} from "../../src/place/project.ts";
import { readRegister } from "../../src/place/register.ts";
import { failureOf, withFolder } from "../support.ts";

interface Ground {
  /** The folder of the project. */
  readonly root: string;
  readonly found: (from?: string) => Promise<string | undefined>;
  /** Where it is or would be. */
  readonly here: () => Promise<ProjectPlace>;
  readonly take: (more?: Partial<ProjectWish>) => Promise<string>;
  /** Looked for by somebody whose it is not. */
  readonly asAnother: () => Promise<string | undefined>;
  readonly forget: (folder: string) => Promise<void>;
}

function onGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  return withFolder(async (made) => {
    const folder = await realpath(made);
    const [root, home] = [join(folder, "work", "app"), join(folder, "home")];
    await mkdir(root, { recursive: true });
    const uid = process.getuid?.() ?? 0;
    const search = async (by: number, from = root): Promise<string | undefined> =>
      findProject({ from, home, register: await readRegister(home), uid: by });
    return await work({
      root,
      found: (from) => search(uid, from),
      asAnother: () => search(uid + 1),
      here: async () =>
        projectHere({ from: root, home, register: await readRegister(home), adopt: false, uid }),
      take: async (more) => {
        const register = await readRegister(home);
        const place = await projectHere({ from: root, home, register, adopt: false, uid, ...more });
        await place.prepare();
        return place.folder;
      },
      forget: (each) => forgetMesh(home, each),
    });
  });
}

describe("the mesh of a project", () => {
  test("lies in .cotal, for its user alone and unseen by git, and is found from any folder below", async () => {
    verifies("CLI-21", "CLI-147");
    await onGround(async ({ root, found, take }) => {
      expect(await found()).toBeUndefined();
      const folder = await take();
      expect(folder).toBe(join(root, ".cotal"));
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      expect(await readFile(join(folder, ".gitignore"), "utf8")).toMatch(/^\*$/m);
      await mkdir(join(root, "src", "deep"), { recursive: true });
      expect(await found(join(root, "src", "deep"))).toBe(folder);
      await symlink(join(root, "src"), join(root, "link"));
      expect(await found(join(root, "link", "deep"))).toBe(folder);
      expect(await found(join(root, ".."))).toBeUndefined();
      expect(await take()).toBe(folder);
    });
  });

  test("is not made in a folder below it, unless that has a .cotal of its own", async () => {
    verifies("CLI-160");
    await onGround(async ({ root, found, take }) => {
      const folder = await take();
      const below = join(root, "packages", "one");
      await mkdir(below, { recursive: true });
      expect(await failureOf(() => take({ from: below }))).toMatchObject({
        code: "project-nested",
        data: { folder },
      });
      await mkdir(join(below, ".cotal"), { mode: 0o755 });
      expect(await found(below)).toBe(folder);
      expect(await take({ from: below })).toBe(join(below, ".cotal"));
      expect(await found(below)).toBe(join(below, ".cotal"));
    });
  });

  test("that came with a checkout is refused by name, until it is taken over", async () => {
    verifies("CLI-162");
    await onGround(async ({ root, found, take }) => {
      const folder = join(root, ".cotal");
      await mkdir(join(folder, "seats"), { recursive: true, mode: 0o700 });
      for (const work of [found, take]) {
        expect(await failureOf(() => work())).toMatchObject({
          code: "project-untrusted",
          hint: expect.stringContaining("--adopt"),
          data: { folder },
        });
      }
      await writeFile(join(folder, "project.json"), JSON.stringify({ v: 1, mark: "guessed" }));
      expect(await failureOf(() => found())).toMatchObject({ code: "project-untrusted" });
      expect(await take({ adopt: true })).toBe(folder);
      expect(await found()).toBe(folder);
    });
  });

  test("that was put in the place of the one that was made is refused", async () => {
    verifies("CLI-162");
    await onGround(async ({ root, found, take }) => {
      const folder = await take();
      await rm(folder, { recursive: true });
      expect(await found()).toBeUndefined();
      await mkdir(join(folder, "trust"), { recursive: true, mode: 0o700 });
      expect(await failureOf(() => found(join(root)))).toMatchObject({ code: "project-untrusted" });
    });
  });

  test("is refused where others own it or may write into it, also when it is to be taken over", async () => {
    verifies("CLI-162");
    await onGround(async ({ root, found, take }) => {
      const folder = await take();
      await chmod(folder, 0o770);
      expect(await failureOf(() => found())).toMatchObject({ data: { why: "others may write into it" } });
      expect(await failureOf(() => take({ adopt: true }))).toMatchObject({ code: "project-untrusted" });
      await rm(folder, { recursive: true });
      await mkdir(join(root, "elsewhere"), { mode: 0o700 });
      await symlink(join(root, "elsewhere"), folder);
      expect(await failureOf(() => found())).toMatchObject({ data: { why: "it is no folder of its own" } });
    });
  });

  test("that belongs to another user is refused", async () => {
    verifies("CLI-162");
    await onGround(async ({ found, take, asAnother }) => {
      const folder = await take();
      expect(await failureOf(asAnother)).toMatchObject({
        code: "project-untrusted",
        data: { folder, why: "it belongs to another user" },
      });
      expect(await found()).toBe(folder);
    });
  });

  test("is none any more once it was forgotten, though its folder stays", async () => {
    verifies("CLI-161");
    await onGround(async ({ found, take, forget }) => {
      const folder = await take();
      await writeFile(join(folder, "lock.1.json"), "{}");
      await forget(folder);
      expect(await found()).toBeUndefined();
      expect(await take()).toBe(folder);
    });
  });

  test("is not made before it is prepared, so that a refusal leaves nothing behind", async () => {
    verifies("CLI-161");
    await onGround(async ({ root, found, here }) => {
      expect((await here()).folder).toBe(join(root, ".cotal"));
      await expect(stat(join(root, ".cotal"))).rejects.toThrow("ENOENT");
      expect(await found()).toBeUndefined();
    });
  });
});

test("the folder of a user's own meshes is no project, whatever it is called", async () => {
  verifies("CLI-160");
  await withFolder(async (made) => {
    const folder = await realpath(made);
    const home = join(folder, ".cotal", "data");
    await mkdir(home, { recursive: true });
    expect(
      await findProject({ from: folder, home, register: { projects: [], joined: [] }, uid: undefined }),
    ).toBeUndefined();
  });
});
