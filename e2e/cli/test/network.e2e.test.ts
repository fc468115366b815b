import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority, writeCertificate } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
  const authority = await createAuthority();
  await writeFile(join(user.folder, "ca.crt"), authority.ca);
  await writeCertificate(
    await authority.issue({ hosts: ["127.0.0.1", "localhost"] }),
    join(user.folder, "mesh"),
  );
});
afterAll(() => user[Symbol.asyncDispose]());

const withTls = ["--tls-cert", "mesh.crt", "--tls-key", "mesh.key", "--tls-ca", "ca.crt"];
const up = (...args: readonly string[]): Promise<Finished> => user.run(["up", "--detach", "--json", ...args]);

describe("a mesh beyond this machine", () => {
  test("is refused without TLS, without credentials, and by a broker that is not fit for it", async () => {
    verifies("CLI-37");
    expect((await up("--host", "0.0.0.0")).json().error).toMatchObject({ code: "exposed-without-tls" });
    expect((await up("--host", "0.0.0.0", ...withTls)).json().error).toMatchObject({
      code: "broker-too-old",
    });
    expect(await user.brokerPid()).toBeUndefined();
    const other = await user.run(["up", "--detach", "--json", "--open", "--host", "0.0.0.0", ...withTls], {
      env: { COTAL_HOME: join(user.folder, "open") },
    });
    expect(other.json().error).toMatchObject({ code: "exposed-without-credentials" });
  });

  test("speaks TLS alone, remembers it, and gives it to its agents", async () => {
    verifies("CLI-37", "CLI-47");
    const started = await up("--host", "127.0.0.1", "--address", "localhost", ...withTls);
    expect(started).toMatchObject({ code: 0 });
    const { link, server } = started.json().result;
    expect([link, server]).toEqual([
      expect.stringMatching(/^cotals:\/\/localhost:\d+\/main$/),
      expect.stringMatching(/^tls:\/\/127\.0\.0\.1:/),
    ]);
    expect(await user.run(["spawn", "echo1", "--preset", "echo"])).toMatchObject({ code: 0 });
    expect((await user.run(["send", "-t", "echo1", "hello", "--wait-reply"])).stdout).toContain(
      "echo1: hello",
    );
    const line = 'test -s "$COTAL_TLS_CA" && echo trusted';
    expect(await user.run(["spawn", "sum1", "--exec", line])).toMatchObject({ code: 0 });
    expect((await user.run(["send", "-t", "sum1", "hello", "--wait-reply"])).stdout).toContain(
      "sum1: trusted",
    );
    expect(await user.run(["status"])).toMatchObject({ code: 0, stdout: expect.stringContaining(link) });
    expect((await user.run(["link"])).stdout.trim()).toBe(link);
    expect(await user.run(["down"])).toMatchObject({ code: 0 });
    const again = await up();
    expect(again.json().result).toMatchObject({ server: expect.stringMatching(/^tls:/), link });
  });

  test("is joined from elsewhere with a credential and the authority, and not without", async () => {
    verifies("CLI-37", "CLI-33");
    const { link } = (await user.run(["link", "--json"])).json().result;
    const { path } = (await user.run(["mint", "bob", "--json"])).json().result;
    const elsewhere = { COTAL_HOME: join(user.folder, "elsewhere") };
    const join1 = ["join", link, "--creds", path, "--json"];
    const present = await user.run([...join1, "--tls-ca", "ca.crt"], { env: elsewhere, stdin: "" });
    expect([present.code, present.stdout]).toEqual([0, expect.stringContaining('"event":"present"')]);
    const stranger = await user.run(join1, { env: elsewhere, stdin: "" });
    expect(stranger.json().error).toMatchObject({ code: "certificate-untrusted" });
    expect(stranger.code).toBe(4);
    const clear = link.replace("cotals://", "cotal://");
    const inTheClear = await user.run(["join", clear, "--creds", path, "--json"], {
      env: elsewhere,
      stdin: "",
    });
    expect(inTheClear.json()).toMatchObject({ exitCode: 6, error: { code: "tls-required" } });
  });

  test("keeps what it was made with while it runs", async () => {
    verifies("CLI-58");
    const other = await up("--host", "127.0.0.2");
    expect(other).toMatchObject({ code: 8 });
    expect(other.json().error).toMatchObject({ code: "mesh-differs", data: { option: "host" } });
    expect((await up("--tls-cert", "mesh.crt", "--tls-key", "mesh.key")).json().error).toMatchObject({
      data: { option: "certificate" },
    });
    expect(await up("--tls-cert", "mesh.crt")).toMatchObject({ code: 2 });
  });
});
