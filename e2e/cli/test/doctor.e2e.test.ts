import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Document, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
  await user.run(["up", "--detach", "--as", "alice"]);
});
afterAll(() => user[Symbol.asyncDispose]());

interface Checked {
  readonly id: string;
  readonly verdict: string;
  readonly next?: string;
}

const doctor = async (...args: string[]): Promise<Document> =>
  (await user.run(["doctor", ...args, "--json"])).json();
const checkOf = ({ result }: Document, id: string): Checked | undefined =>
  result.checks.find((check: Checked) => check.id === id);

describe("doctor", () => {
  test("looks at all that there is, and finds a healthy mesh in order", async () => {
    verifies("CLI-63", "TRUST-23", "CLI-55");
    const healthy = await doctor();
    const ids = healthy.result.checks.map(({ id }: Checked) => id);
    expect(ids).toEqual(
      expect.arrayContaining(["files", "keys", "credentials", "disk", "broker", "streams", "space", "clock"]),
    );
    for (const id of ["files", "keys", "credentials", "streams", "clock"]) {
      expect(checkOf(healthy, id)).toMatchObject({ verdict: "ok" });
    }
  });

  test("takes the rights of others from files, only when it is told to", async () => {
    verifies("CLI-63", "TRUST-23");
    const path = join(user.mesh, "peers/alice.creds");
    await chmod(path, 0o644);
    const found = await doctor();
    expect([found.exitCode, found.error?.code, checkOf(found, "files")?.next]).toEqual([
      1,
      "bad-trust-files",
      "cotal doctor --fix",
    ]);
    expect((await doctor("--fix", "--dry-run")).result).toMatchObject({ fixable: ["files"], fixed: [] });
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    const fixed = await doctor("--fix");
    expect([checkOf(fixed, "files")?.verdict, fixed.result.fixed.length]).toEqual(["ok", 1]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("tells of each credential that does not serve, and renews one that has expired", async () => {
    verifies("CLI-63", "TRUST-23", "TRUST-58");
    await user.run(["mint", "brief", "--ttl", "1s"]);
    await user.run(["mint", "banned"]);
    await user.run(["revoke", "banned", "--yes"]);
    await writeFile(join(user.mesh, "peers/torn.creds"), "torn", { mode: 0o600 });
    await eventually(async () => checkOf(await doctor(), "credential brief")?.verdict === "failed");
    const found = await doctor();
    expect(checkOf(found, "credential brief")).toMatchObject({ next: "cotal creds renew brief" });
    expect(checkOf(found, "credential banned")).toMatchObject({
      verdict: "warning",
      next: "cotal mint banned",
    });
    expect(checkOf(found, "credential torn")).toMatchObject({ verdict: "failed" });
    expect((await doctor("--fix")).result.fixed).toEqual(["renewed the credential of brief"]);
  });

  test("writes what it found into one file, without secrets", async () => {
    verifies("CLI-142", "TRUST-21");
    await user.run(["send", "-c", "general", "a word between us"]);
    const { bundle } = (await doctor("--bundle")).result;
    expect((await stat(bundle)).mode & 0o777).toBe(0o600);
    const text = await readFile(bundle, "utf8");
    expect(JSON.parse(text)).toMatchObject({
      v: 1,
      findings: expect.any(Array),
      logs: { broker: expect.any(Array) },
    });
    expect(JSON.parse(text).logs.broker.length).toBeGreaterThan(0);
    const secrets = await user.secrets();
    expect(secrets.length).toBeGreaterThan(3);
    expect([...secrets, "a word between us"].filter((secret) => text.includes(secret))).toEqual([]);
  });

  test("names half a pair of keys that was replaced, and still looks at the files", async () => {
    verifies("CLI-63", "TRUST-23");
    const [one, other] = ["agents.seed", "tools.seed"].map((name) => join(user.mesh, "trust/main", name));
    await writeFile(one ?? "", await readFile(other ?? "", "utf8"), { mode: 0o600 });
    const found = await doctor();
    expect(checkOf(found, "keys")).toMatchObject({ verdict: "failed" });
    expect(checkOf(found, "files")).toMatchObject({ verdict: "ok" });
    expect(found.error).toMatchObject({ code: "bad-trust-files" });
  });
});

test("where no mesh was made, the doctor says so", async () => {
  verifies("CLI-63");
  await using other = await testUser();
  const none = (await other.run(["doctor", "--json"])).json();
  expect(none).toMatchObject({ exitCode: 3, error: { code: "mesh-absent" } });
});
