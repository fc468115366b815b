import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { filesIn, type MeshFiles } from "../../src/home/mesh-files.ts";
import { type Migrated, type MigrateOptions, migrateState } from "../../src/home/migrate-state.ts";
import { type Migration, stateFormat, stateRules } from "../../src/home/state-format.ts";
import { failureOf, withFolder } from "../support.ts";

const before = { format: 1, program: "0.1.0", space: "main" };

/** A mesh whose settings say this, with a file that steps change. */
const onMesh = (settings: object, work: (files: MeshFiles) => Promise<void>): Promise<void> =>
  withFolder(async (folder) => {
    const files = filesIn(join(folder, "main"));
    await mkdir(files.trust, { recursive: true, mode: 0o700 });
    await writeFile(files.settings, JSON.stringify(settings));
    await writeFile(join(files.trust, "key"), "1", { mode: 0o600 });
    await writeFile(join(files.folder, "lock.1.json"), "{}");
    await work(files);
  });

const settingsOf = async ({ settings }: MeshFiles): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(settings, "utf8"));
const keyIn = (folder: string): Promise<string> => readFile(join(folder, "trust", "key"), "utf8");

/** Each step notes itself down once, however often it is done. */
const stepFrom = (from: number): Migration => ({
  from,
  run: async (folder) => {
    const path = join(folder, "trust", "key");
    const text = await readFile(path, "utf8");
    if (!text.includes(`${from + 1}`)) await writeFile(path, `${text}${from + 1}`);
  },
});
const steps = [stepFrom(1), stepFrom(2), stepFrom(3)];
const migrate = (files: MeshFiles, more: Partial<MigrateOptions> = {}): Promise<Migrated | undefined> =>
  migrateState(files, {
    rules: { format: 4, migrations: steps },
    isRunning: () => Promise.resolve(false),
    step: () => undefined,
    ...more,
  });

describe("the state of an older format", () => {
  test("is brought to the present one step by step, after a copy of all of it", async () => {
    verifies("CLI-61");
    await onMesh({ ...before, mode: "auth" }, async (files) => {
      const copy = join(files.copies, "format-1");
      expect(await migrate(files)).toEqual({ from: 1, to: 4, copy });
      expect(await settingsOf(files)).toEqual({ ...before, mode: "auth", format: 4, program: "0.0.0" });
      expect(await keyIn(files.folder)).toBe("1234");
      expect(await keyIn(copy)).toBe("1");
      expect(await settingsOf(filesIn(copy))).toMatchObject(before);
      expect((await readdir(copy)).sort()).toEqual(["mesh.json", "trust"]);
      expect((await stat(copy)).mode & 0o777).toBe(0o700);
      expect((await stat(join(copy, "trust", "key"))).mode & 0o777).toBe(0o600);
      expect(await migrate(files)).toBeUndefined();
    });
  });

  test.each([1, 2, 3])(
    "goes on where it was when step %i fails or is cut off, and the copy stays as it was",
    async (at) => {
      verifies("CLI-61");
      await onMesh(before, async (files) => {
        const failing = steps.map((each) =>
          each.from === at
            ? {
                from: at,
                run: async (folder: string) => {
                  await each.run(folder);
                  throw new Error("the power is gone");
                },
              }
            : each,
        );
        const failure = await failureOf(() => migrate(files, { rules: { format: 4, migrations: failing } }));
        expect(failure).toMatchObject({
          code: "state-older",
          data: { format: at, copy: join(files.copies, "format-1") },
        });
        expect(await settingsOf(files)).toMatchObject({ format: at });
        expect(await migrate(files)).toMatchObject({ from: at, to: 4 });
        expect(await keyIn(files.folder)).toBe("1234");
        expect(await keyIn(join(files.copies, "format-1"))).toBe("1");
      });
    },
  );

  test("has no copy that is not whole", async () => {
    verifies("CLI-61");
    await onMesh(before, async (files) => {
      // What a copy that was cut off has left.
      await mkdir(join(files.copies, "format-1.tmp", "trust"), { recursive: true });
      await writeFile(join(files.copies, "format-1.tmp", "trust", "key"), "torn");
      await migrate(files);
      expect(await readdir(files.copies)).toEqual(["format-1"]);
      expect(await keyIn(join(files.copies, "format-1"))).toBe("1");
    });
  });

  test("is left alone while anything of the mesh runs, and where a step is missing", async () => {
    verifies("CLI-61");
    await onMesh(before, async (files) => {
      const running = await failureOf(() => migrate(files, { isRunning: () => Promise.resolve(true) }));
      expect(running).toMatchObject({ code: "state-older", hint: expect.stringContaining("cotal down") });
      const hole = { format: 4, migrations: steps.filter(({ from }) => from !== 2) };
      expect(await failureOf(() => migrate(files, { rules: hole }))).toMatchObject({ code: "state-older" });
      expect(await settingsOf(files)).toEqual(before);
      expect(await keyIn(files.folder)).toBe("1");
      await expect(stat(files.copies)).rejects.toThrow("ENOENT");
    });
  });

  test("is not touched when it is newer, absent or unreadable", async () => {
    verifies("CLI-20", "CLI-61");
    await onMesh({ ...before, format: 5 }, async (files) => {
      expect(await failureOf(() => migrate(files))).toMatchObject({
        code: "state-newer",
        data: { format: 5, known: 4 },
      });
    });
    await onMesh({ format: "1" }, async (files) => {
      expect(await migrate(files)).toBeUndefined();
    });
    await withFolder(async (folder) => {
      expect(await migrate(filesIn(folder))).toBeUndefined();
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

test("every format before that of this program has the step that leads on", () => {
  verifies("CLI-61");
  expect(stateRules.format).toBe(stateFormat);
  const oldest = stateRules.migrations[0]?.from ?? stateFormat;
  const formats = Array.from({ length: stateFormat - oldest }, (_, more) => oldest + more);
  expect(stateRules.migrations.map(({ from }) => from)).toEqual(formats);
});
