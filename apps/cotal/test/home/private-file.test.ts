import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { makePrivateFolder, readFileIfAny, writePrivateFile } from "../../src/home/private-file.ts";
import { withFolder } from "../support.ts";

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe("a private file", () => {
  test("is written as a whole, with its folders, for this user alone", async () => {
    verifies("CLI-18");
    await withFolder(async (folder) => {
      const path = join(folder, "a/b/file");
      expect(await readFileIfAny(path)).toBeUndefined();
      await writePrivateFile(path, "one");
      await writePrivateFile(path, "two");
      expect(await readFile(path, "utf8")).toBe("two");
      expect(await readdir(join(folder, "a/b"))).toEqual(["file"]);
      expect([
        await modeOf(path),
        await modeOf(join(folder, "a")),
        await modeOf(join(folder, "a/b")),
      ]).toEqual([0o600, 0o700, 0o700]);
    });
  });

  test("that cannot take its place leaves no draft", async () => {
    await withFolder(async (folder) => {
      await makePrivateFolder(join(folder, "file/x"));
      await expect(writePrivateFile(join(folder, "file"), "text")).rejects.toThrow();
      expect(await readdir(folder)).toEqual(["file"]);
    });
  });
});

describe("a folder", () => {
  test("may be there already", async () => {
    await withFolder(async (folder) => {
      await makePrivateFolder(folder);
      await makePrivateFolder(join(folder, "x"));
      expect(await modeOf(join(folder, "x"))).toBe(0o700);
    });
  });

  test("cannot be where a file stands", async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      await expect(makePrivateFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
      await expect(makePrivateFolder(join(folder, "file/x"))).rejects.toMatchObject({ code: "ENOTDIR" });
    });
  });

  test("is given up where the system lets none be made", async () => {
    await expect(makePrivateFolder("/proc/none/a/b")).rejects.toMatchObject({
      code: expect.stringMatching(/^(EPERM|EACCES|ENOENT|EROFS)$/),
    });
  });
});
