import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { createAuthority, type IssueOptions, writeCertificate } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type BrokerTls, checkTlsFiles } from "../src/tls.ts";
import { tempFolder } from "./temp.ts";

const authority = await createAuthority();
const now = Date.now();
const hourMs = 3_600_000;

interface Files extends BrokerTls {
  readonly folder: string;
  readonly caFile: string;
}

async function filesWith(options: IssueOptions = {}): Promise<Files> {
  const folder = tempFolder();
  const files = await writeCertificate(await authority.issue(options), `${folder}/broker`);
  const caFile = `${folder}/ca.crt`;
  writeFileSync(caFile, authority.ca);
  return { folder, caFile, ...files };
}

async function refusalOf(files: BrokerTls, at = now): Promise<CotalError> {
  const error = await checkTlsFiles(files, at).catch((failure: unknown) => failure);
  if (error instanceof CotalError) return error;
  throw new Error(`it was taken, or failed otherwise: ${String(error)}`);
}

describe("the files of TLS", () => {
  test("are taken when they belong together and are valid now", async () => {
    verifies("BROK-53");
    const files = await filesWith();
    await checkTlsFiles(files, now);
    await checkTlsFiles({ certFile: files.certFile, keyFile: files.keyFile }, now);
    await checkTlsFiles({ ...files, caFile: files.certFile }, now);
  });

  test.each(["certFile", "keyFile", "caFile"] as const)(
    "are refused when %s is not there or no PEM",
    async (option) => {
      verifies("BROK-53");
      const files = await filesWith();
      const refused = { code: "bad-tls-files", hint: expect.any(String), data: { option } };
      expect(await refusalOf({ ...files, [option]: `${files.folder}/none` })).toMatchObject(refused);
      expect(await refusalOf({ ...files, [option]: files.folder })).toMatchObject(refused);
      expect(await refusalOf({ ...files, [option]: "/dev/zero" })).toMatchObject(refused);
      expect(await refusalOf({ ...files, [option]: `${files.certFile}/x` })).toMatchObject(refused);
      for (const text of ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
        writeFileSync(files[option], text);
        expect(await refusalOf(files), text).toMatchObject(refused);
      }
      truncateSync(files[option], 2 * 1024 * 1024);
      expect(await refusalOf(files)).toMatchObject(refused);
    },
  );

  test.each([0o640, 0o604, 0o620, 0o644])(
    "are refused when others can use the key (mode %o)",
    async (mode) => {
      verifies("BROK-53");
      const files = await filesWith();
      chmodSync(files.keyFile, mode);
      const { code, hint } = await refusalOf(files);
      expect(code).toBe("bad-tls-files");
      expect(hint).toContain(`chmod 600 "${files.keyFile}"`);
      chmodSync(files.keyFile, 0o400);
      await checkTlsFiles(files, now);
    },
  );

  test("are refused when the key or the authority is that of another certificate", async () => {
    verifies("BROK-53");
    const [files, other] = [await filesWith(), await filesWith()];
    expect(await refusalOf({ ...files, keyFile: other.keyFile })).toMatchObject({
      code: "bad-tls-files",
      data: { option: "keyFile" },
    });
    const namesake = await createAuthority();
    writeFileSync(files.caFile, namesake.ca);
    expect(await refusalOf(files)).toMatchObject({ code: "bad-tls-files", data: { option: "caFile" } });
    writeFileSync(files.caFile, `${namesake.ca}\n${authority.ca}`);
    await checkTlsFiles(files, now);
  });

  test("are refused outside of the time of the certificate", async () => {
    verifies("BROK-53");
    const files = await filesWith({ validFrom: new Date(now - hourMs), validTo: new Date(now + hourMs) });
    expect(await refusalOf(files, now + 2 * hourMs)).toMatchObject({ code: "certificate-expired" });
    expect(await refusalOf(files, now - 2 * hourMs)).toMatchObject({ code: "not-yet-valid" });
  });

  test("are refused with a key that needs a passphrase, and no error shows any of a key", async () => {
    verifies("BROK-53");
    const files = await filesWith();
    const { privateKey } = generateKeyPairSync("ed25519", {
      privateKeyEncoding: { format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" },
      publicKeyEncoding: { format: "pem", type: "spki" },
    });
    writeFileSync(files.keyFile, privateKey);
    const error = await refusalOf(files);
    expect(error).toMatchObject({ code: "bad-tls-files", data: { option: "keyFile" } });
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify([error.message, error.hint, error.data])).not.toContain(privateKey.split("\n")[1]);
  });

  test("are one certificate and all that lead from it to the authority", async () => {
    verifies("BROK-53");
    const files = await filesWith();
    const middle = await createAuthority("between", authority);
    const issued = await middle.issue();
    mkdirSync(`${files.folder}/chained`);
    const chained = await writeCertificate(issued, `${files.folder}/chained/broker`);
    expect(await refusalOf({ ...chained, caFile: files.caFile })).toMatchObject({
      data: { option: "caFile" },
    });
    writeFileSync(chained.certFile, `${issued.cert}\n${middle.ca}`);
    await checkTlsFiles({ ...chained, caFile: files.caFile }, now);
  });
});
