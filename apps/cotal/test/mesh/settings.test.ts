import { readFile, stat, writeFile } from "node:fs/promises";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { userFilesOf } from "../../src/home/mesh-files.ts";
import { planMesh } from "../../src/mesh/plan.ts";
import { readSettings, writeSettings } from "../../src/mesh/settings.ts";
import { failureOf, withFolder } from "../support.ts";

const settings = planMesh({
  asked: { port: 4222 },
  made: undefined,
  running: undefined,
  login: () => "alice",
  around: { spaceName: "main", taken: new Map() },
});

describe("the settings of a mesh", () => {
  test("are read as they were written, in a file and a folder for this user alone", async () => {
    verifies("CLI-18");
    await withFolder(async (folder) => {
      const files = userFilesOf({ env: { COTAL_HOME: folder }, folder });
      expect(await readSettings(files)).toBeUndefined();
      await writeSettings(files, settings);
      expect(await readSettings(files)).toMatchObject(settings);
      expect((await stat(files.settings)).mode & 0o777).toBe(0o600);
      expect((await stat(files.folder)).mode & 0o777).toBe(0o700);
    });
  });

  test("of a newer program are refused with both versions", async () => {
    verifies("CLI-20");
    await withFolder(async (folder) => {
      const files = userFilesOf({ env: { COTAL_HOME: folder }, folder });
      await writeSettings(files, settings);
      const state = JSON.parse(await readFile(files.settings, "utf8"));
      await writeFile(files.settings, JSON.stringify({ ...state, format: 2, program: "9.1.0", space: 7 }));
      const failure = await failureOf(() => readSettings(files));
      expect(failure).toMatchObject({
        code: "state-newer",
        data: { format: 2, known: 1, program: "9.1.0", version: "0.0.0" },
      });
      expect(failure.message).toMatch(/9\.1\.0.*format 2.*0\.0\.0.*format 1/);
    });
  });

  test.each(["", "{", "null", "[]", '{"format":1}', '{"format":"1"}', '{"format":0}', '{"format":1.5}'])(
    "that say %j are refused",
    async (text) => {
      await withFolder(async (folder) => {
        const files = userFilesOf({ env: { COTAL_HOME: folder }, folder });
        await writeSettings(files, settings);
        await writeFile(files.settings, text);
        expect((await failureOf(() => readSettings(files))).code).toBe("bad-state");
      });
    },
  );
});
