import { readFile, stat, writeFile } from "node:fs/promises";
import { verifies } from "@cotal/requirements";
import { asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { registerPath } from "../../src/home/mesh-files.ts";
import { noteJoined } from "../../src/place/joined.ts";
import { changeRegister, readRegister } from "../../src/place/register.ts";
import { failureOf, withFolder } from "../support.ts";

describe("what a user has of meshes", () => {
  test("is kept for this user alone, and written only when something differs", async () => {
    verifies("CLI-18", "CLI-164");
    await withFolder(async (home) => {
      await changeRegister(home, (now) => ({ ...now }));
      await expect(stat(registerPath(home))).rejects.toThrow("ENOENT");
      await changeRegister(home, (now) => ({ ...now, use: "/a" }));
      expect(await readRegister(home)).toEqual({ projects: [], use: "/a", joined: [] });
      expect((await stat(registerPath(home))).mode & 0o777).toBe(0o600);
    });
  });

  test("loses nothing when several change it at once", async () => {
    verifies("CLI-161");
    await withFolder(async (home) => {
      const folders = ["/a", "/b", "/c", "/d"];
      await Promise.all(
        folders.map((folder) =>
          changeRegister(home, ({ projects, ...rest }) => ({
            ...rest,
            projects: [...projects, { folder, mark: "m" }],
          })),
        ),
      );
      expect((await readRegister(home)).projects.map(({ folder }) => folder).sort()).toEqual(folders);
    });
  });

  test("that cannot be read is refused and not replaced", async () => {
    verifies("CLI-162");
    await withFolder(async (home) => {
      for (const text of ["", "{", "[]", '{"v":1}', '{"v":1,"projects":[{"folder":1}],"joined":[]}']) {
        await writeFile(registerPath(home), text);
        const change = (): Promise<void> => changeRegister(home, (now) => ({ ...now, use: "/a" }));
        expect(await failureOf(change)).toMatchObject({ code: "bad-state" });
        expect(await readFile(registerPath(home), "utf8")).toBe(text);
      }
    });
  });

  test("that a newer program has written is refused, and not called torn", async () => {
    verifies("CLI-20");
    await withFolder(async (home) => {
      await writeFile(registerPath(home), '{"v":2,"spaces":[]}');
      expect(await failureOf(() => readRegister(home))).toMatchObject({ code: "state-newer" });
    });
  });

  test("holds the way to a space that was joined, the latest first, and no secret of its link", async () => {
    verifies("CLI-163");
    await withFolder(async (home) => {
      const at = (port: number): Parameters<typeof noteJoined>[1] => ({
        server: { tls: false, host: "127.0.0.1", port },
        space: asToken("space", "far"),
        channels: [],
        auth: { kind: "token", token: "creds.secret.secret" },
      });
      for (let port = 5000; port < 5040; port++) await noteJoined(home, at(port));
      await noteJoined(home, at(5020));
      const { joined } = await readRegister(home);
      expect(joined).toHaveLength(32);
      expect(joined.slice(0, 2)).toEqual(["cotal://127.0.0.1:5020/far", "cotal://127.0.0.1:5039/far"]);
      expect(await readFile(registerPath(home), "utf8")).not.toContain("secret");
    });
  });
});
