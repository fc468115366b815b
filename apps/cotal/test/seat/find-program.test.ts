import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { userFilesOf } from "../../src/home/mesh-files.ts";
import { findProgram } from "../../src/seat/find-program.ts";
import { orderFor } from "../../src/seat/order.ts";
import { socketPath } from "../../src/seat/socket-path.ts";
import { failureOf, withFolder } from "../support.ts";

describe("a program that an agent is to run", () => {
  test("is found in the PATH or by its path, and is missing when it cannot be executed", async () => {
    verifies("CLI-43");
    await withFolder(async (folder) => {
      const file = join(folder, "tool");
      await writeFile(file, "#!/bin/sh\n");
      const search = { cwd: folder, path: `/nowhere:${folder}` };
      const missing = await failureOf(() => findProgram("tool", search));
      expect(missing).toMatchObject({ code: "program-missing", data: { path: search.path } });
      expect(missing.hint).toContain(search.path);
      await chmod(file, 0o700);
      expect(await findProgram("tool", search)).toBe(file);
      expect(await findProgram("./tool", { ...search, path: undefined })).toBe(file);
      expect(await failureOf(() => findProgram(folder, search))).toMatchObject({ code: "program-missing" });
    });
  });

  test.each([
    ["nothing", {}, []],
    ["a preset without what it needs", { preset: "exec" }, []],
    ["two things", { exec: "cat" }, ["ls"]],
    ["two other things", { preset: "echo", exec: "cat" }, []],
  ] as const)("is refused when the order says %s", async (_, options, program) => {
    const name = asToken("name", "bob");
    const host = { env: { PATH: process.env.PATH }, folder: "/" };
    expect(await failureOf(() => orderFor({ name, options, program }, host))).toMatchObject({
      code: "usage",
    });
  });
});

describe("the socket of a holder", () => {
  test("lies in the folder of the session, or of what is moved, under a short name", () => {
    verifies("CLI-60");
    const at = (env: Record<string, string>): string =>
      socketPath({ env, folder: "/" }, userFilesOf({ env, folder: "/" }), "n".repeat(60));
    expect(at({ XDG_RUNTIME_DIR: "/run/user/1" })).toMatch(/^\/run\/user\/1\/cotal\/[\w-]{12}\.sock$/);
    expect(at({ XDG_STATE_HOME: "/state" })).toMatch(/^\/state\/cotal\/run\/[\w-]{12}\.sock$/);
    expect(at({ COTAL_HOME: "/h", XDG_RUNTIME_DIR: "/run/user/1" })).toMatch(/^\/h\/run\/[\w-]{12}\.sock$/);
  });

  test("is of this agent of this mesh alone, and refused where no system takes its path", async () => {
    verifies("CLI-60");
    const host = { env: { COTAL_HOME: "/h" }, folder: "/" };
    const files = userFilesOf(host);
    const other = userFilesOf({ env: { COTAL_HOME: "/g" }, folder: "/" });
    const paths = [socketPath(host, files, "a"), socketPath(host, files, "b"), socketPath(host, other, "a")];
    expect(new Set(paths).size).toBe(3);
    const deep = { env: { COTAL_HOME: `/${"x".repeat(100)}` }, folder: "/" };
    expect(await failureOf(() => socketPath(deep, files, "a"))).toMatchObject({ code: "home-unusable" });
  });
});
