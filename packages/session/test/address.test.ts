import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { tlsFor } from "../src/address.ts";
import { codeOf } from "./support.ts";

const { ca } = await createAuthority();

describe("the address of a broker", () => {
  test("says whether TLS is required, one of several for all of them", async () => {
    verifies("SESS-100");
    expect(await tlsFor(["nats://127.0.0.1:4222"], undefined)).toBeNull();
    expect(await tlsFor(["tls://broker.example:4222"], undefined)).toEqual({});
    expect(await tlsFor(["nats://a:1", "tls://b:1"], undefined)).toEqual({});
    expect(await tlsFor(["nats://[::1]:4222"], {})).toEqual({});
    expect(await tlsFor(["nats://127.0.0.1:4222"], { ca })).toEqual({ ca });
  });

  test.each([
    [[]],
    [[""]],
    [["127.0.0.1:4222"]],
    [["cotals://127.0.0.1:4222"]],
    [["TLS://127.0.0.1:4222"]],
    [["tls:/127.0.0.1:4222"]],
    [["wss://127.0.0.1:443"]],
    [["nats://user:password@127.0.0.1:4222"]],
    [["nats://127.0.0.1:4222\nnats://other"]],
    [["nats://127.0.0.1:4222", "tls://"]],
  ])("%j is refused rather than dialled in the clear", async (servers) => {
    verifies("SESS-100");
    expect(await codeOf(tlsFor(servers, undefined))).toBe("bad-address");
  });
});

describe("the authority to trust", () => {
  test("is a text or a file, or both", async () => {
    verifies("SESS-104");
    const folder = mkdtempSync(join(tmpdir(), "cotal-session-"));
    const caFile = join(folder, "ca.crt");
    writeFileSync(caFile, ca);
    expect(await tlsFor(["tls://a"], { caFile })).toEqual({ ca });
    const other = (await createAuthority()).ca;
    expect(await tlsFor(["tls://a"], { ca: other, caFile })).toEqual({ ca: `${other}\n${ca}` });
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["no certificate", { ca: "trust me" }],
    ["a torn one", { ca: ca.slice(0, 200) }],
    ["an empty text", { ca: "" }],
    ["a missing file", { caFile: "/nowhere/ca.crt" }],
    ["a folder", { caFile: "/" }],
  ])("that is %s is refused before anything is dialled", async (_, tls) => {
    verifies("SESS-104");
    expect(await codeOf(tlsFor(["tls://a"], tls))).toBe("bad-tls-files");
  });
});
