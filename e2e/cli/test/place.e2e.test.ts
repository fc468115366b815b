import { execFile } from "node:child_process";
import { cp, mkdir, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Document, type TestUser, testUser } from "./cotal.ts";

const run = promisify(execFile);

let user: TestUser;
/** The folder of a project, one below it, and one outside. */
let app: string;
let deep: string;
let outside: string;
/** Where the project's mesh lies. */
let mesh: string;

const said = async (
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Document> => (await user.run([...args, "--json"], { cwd, env })).json();

beforeAll(async () => {
  user = await testUser();
  const folder = await realpath(user.folder);
  [app, deep, outside] = [join(folder, "app"), join(folder, "app/src/deep"), join(folder, "outside")];
  mesh = join(app, ".cotal");
  user.alsoIn(mesh);
  for (const each of [deep, outside]) await mkdir(each, { recursive: true });
  await run("git", ["init", "-q", app]);
});
afterAll(() => user[Symbol.asyncDispose]());

/** In this order: each goes on from the one before. */
describe("a mesh of a project", () => {
  test("is made by up --here, unseen by git, and meant by every command from any folder below", async () => {
    verifies("CLI-21", "CLI-22", "CLI-147", "CLI-160", "CLI-161");
    const up = await said(["up", "--here", "--detach"], app);
    expect(up).toMatchObject({
      ok: true,
      result: { space: "app", started: true, mesh: { kind: "project", folder: mesh, by: "flag" } },
    });
    const { stdout: seen } = await run("git", ["-C", app, "status", "--porcelain", "--untracked-files=all"]);
    expect(seen).toBe("");

    const status = await said(["status"], deep);
    expect(status).toMatchObject({
      ok: true,
      result: { space: "app", mesh: { folder: mesh, by: "project" } },
    });
    expect((await user.run(["status"], { cwd: deep })).stdout).toContain("you stand in its project");
    const again = await said(["up"], deep);
    expect(again.result).toMatchObject({ started: false, pid: up.result.pid, mesh: { by: "project" } });

    // Its agents, manager and delivery are of this mesh, wherever they stand.
    expect(await said(["spawn", "echo1", "--preset", "echo"], deep)).toMatchObject({ ok: true });
    const reply = await said(["send", "-t", "echo1", "hello", "--wait-reply"], app);
    expect(reply).toMatchObject({ ok: true, result: { reply: { from: { name: "echo1" } } } });
    await expect(realpath(user.mesh)).rejects.toThrow("ENOENT");
  });

  test("is refused in a folder below, and where its name is taken", async () => {
    verifies("CLI-160", "CLI-161");
    expect(await said(["up", "--here"], deep)).toMatchObject({
      exitCode: 8,
      error: { code: "project-nested", data: { folder: mesh } },
    });
    const same = join(outside, "app");
    await mkdir(same);
    expect(await said(["up", "--here", "--detach"], same)).toMatchObject({
      exitCode: 8,
      error: { code: "space-taken", data: { folder: mesh } },
    });
    expect(await readdir(same)).toEqual([]);
  });

  test("is found from elsewhere as the only one that runs, or by name", async () => {
    verifies("CLI-22");
    const by = async (
      cwd: string,
      env?: Readonly<Record<string, string>>,
      flags: string[] = [],
    ): Promise<string> => (await said(["status", ...flags], cwd, env)).result.mesh.by;
    expect(await by(outside)).toBe("running");
    expect(await by(outside, { COTAL_SPACE: "app" })).toBe("environment");
    expect(await by(outside, { COTAL_MESH: mesh })).toBe("environment");
    expect(await by(outside, { COTAL_SPACE: "nothing" }, ["--space", "app"])).toBe("flag");
    const before = (await user.run(["--space", "app", "status", "--json"], { cwd: outside })).json();
    expect(before.result.mesh.by).toBe("flag");
    expect(await said(["status", "--space", "apq"], outside)).toMatchObject({
      exitCode: 3,
      error: { code: "unknown-space", data: { nearest: "app" } },
    });
  });

  test("and the user's own go side by side; where both run, nobody guesses", async () => {
    verifies("CLI-21", "CLI-22");
    const up = await said(["up", "--detach"], outside);
    expect(up.result).toMatchObject({ space: "main", mesh: { kind: "user", by: "default" } });
    const refused = await said(["status"], outside);
    expect(refused).toMatchObject({ exitCode: 8, error: { code: "ambiguous-space" } });
    expect((await said(["status"], deep)).result.mesh).toMatchObject({ by: "project" });
    expect((await said(["status", "--space", "main"], deep)).result.mesh).toMatchObject({ by: "flag" });
    // A link says which it is by itself.
    const joined = await user.run(["join", up.result.link, "--json"], { cwd: outside, stdin: "" });
    expect(joined).toMatchObject({ code: 0, stdout: expect.stringContaining('"event":"present"') });
  });

  test("is chosen by use from among those that spaces lists, until the choice is taken back", async () => {
    verifies("CLI-22", "CLI-163", "CLI-164");
    const rows = async (): Promise<string[]> =>
      (await said(["meshes"], outside)).result.spaces.map(
        (each: Record<string, unknown>) =>
          `${each.space} ${each.kind} ${each.running} ${each.meant} ${each.chosen}`,
      );
    expect(await rows()).toEqual(["main user true false false", "app project true false false"]);
    expect(await said(["use", "ap"], outside)).toMatchObject({
      exitCode: 3,
      error: { code: "unknown-space", data: { nearest: "app" } },
    });
    expect((await said(["use", "app", "--dry-run"], outside)).result).toMatchObject({ changed: true });
    expect(await rows()).toEqual(["main user true false false", "app project true false false"]);

    expect((await said(["use", "app"], outside)).result).toMatchObject({ chosen: "app", before: null });
    expect((await said(["status"], outside)).result).toMatchObject({ space: "app", mesh: { by: "use" } });
    expect((await said(["use", "main"], outside)).result).toMatchObject({ chosen: "main", before: "app" });
    expect(await rows()).toEqual(["main user true true true", "app project true false false"]);
    const inProject = await user.run(["use", "main"], { cwd: deep });
    expect(inProject.stdout).toContain("it does not count");
    expect((await said(["use", "--clear"], outside)).result).toMatchObject({ chosen: null, before: "main" });
    expect(await said(["status"], outside)).toMatchObject({ error: { code: "ambiguous-space" } });
  });

  test("stands beside the spaces elsewhere that were joined by a link, which cannot be chosen", async () => {
    verifies("CLI-163", "CLI-164");
    await using other = await testUser();
    const { link } = (await other.run(["up", "--open", "--space", "far", "--detach", "--json"])).json()
      .result;
    expect(await user.run(["join", link], { cwd: outside, stdin: "" })).toMatchObject({ code: 0 });
    const far = async (): Promise<unknown> =>
      (await said(["spaces"], outside)).result.spaces.find((each: { space: string }) => each.space === "far");
    expect(await far()).toMatchObject({ kind: "joined", link, running: true, meant: false });
    expect(await said(["use", "far"], outside)).toMatchObject({
      exitCode: 3,
      error: { code: "unknown-space", hint: expect.stringContaining(`cotal join ${link}`) },
    });
    await other.run(["down"]);
    expect(await far()).toMatchObject({ running: false });
  });

  test("that came along with a checkout is refused by name, also by up", async () => {
    verifies("CLI-162");
    const checkout = join(outside, "checkout");
    await cp(mesh, join(checkout, ".cotal"), {
      recursive: true,
      filter: (path) => !path.includes("/broker/"),
    });
    for (const args of [["status"], ["up"], ["up", "--here"], ["down", "--purge", "--yes"], ["ps"]]) {
      expect(await said(args, checkout)).toMatchObject({
        ok: false,
        exitCode: 1,
        error: { code: "project-untrusted", data: { folder: join(checkout, ".cotal") } },
      });
    }
    expect(await said(["status", "--space", "main"], checkout)).toMatchObject({ ok: true });
    expect(await said(["version"], checkout)).toMatchObject({ ok: true });
  });

  test("goes down alone, and is forgotten once it is purged", async () => {
    verifies("CLI-161");
    await said(["use", "app"], outside);
    const down = await said(["down", "--purge", "--yes"], deep);
    expect(down).toMatchObject({ ok: true, result: { mesh: { folder: mesh, by: "project" } } });
    expect(down.result.stopped.map(({ part }: { part: string }) => part)).toEqual([
      "manager",
      "agent",
      "delivery",
      "broker",
    ]);
    const rest = await said(["status"], deep);
    expect(rest.result).toMatchObject({ space: "main", mesh: { kind: "user", by: "running" } });
    expect(await said(["down"], outside)).toMatchObject({ ok: true, result: { mesh: { kind: "user" } } });
  });
});
