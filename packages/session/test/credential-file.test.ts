import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { formatCredential, generateSeed, parseCredential, publicFromSeed } from "@cotal/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { credentialFile, readCredentialFile } from "../src/credential-file.ts";
import { credentialOf } from "../src/user-credential.ts";

let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/cotal-credential-`);
  path = `${folder}/alice.creds`;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const alice = generateSeed("user");

/** The text of a credential; nobody checks its signature here. */
function credsOf(seed: string, exp?: number): string {
  const claims = { sub: publicFromSeed(seed), iat: 1, ...(exp !== undefined && { exp }) };
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return formatCredential({ jwt: `e30.${body}.c2ln`, seed });
}

/** As every writer does: a new file in the place of the old one. */
async function replace(text: string, mode = 0o600): Promise<void> {
  await writeFile(`${path}.tmp`, text, { mode });
  await chmod(`${path}.tmp`, mode);
  await rename(`${path}.tmp`, path);
}

async function refusal(promise: Promise<unknown>): Promise<CotalError> {
  const error = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof CotalError)) throw new Error(`no coded refusal, but ${String(error)}`);
  return error;
}

describe("a user's credential", () => {
  test("becomes one to dial with: its end, its answer, and a mark that tells it from others and hides it", () => {
    verifies("SESS-95");
    const [one, two] = [credsOf(alice, 2_000_000_000), credsOf(alice, 2_000_000_001)].map(parseCredential);
    if (!one || !two) throw new Error("two were made");
    const { mark, options, expiresAt } = credentialOf(one);
    expect(expiresAt).toBe(2_000_000_000_000);
    expect(mark).toBe(credentialOf(one).mark);
    expect(mark).not.toBe(credentialOf(two).mark);
    for (const part of [one.jwt, alice]) expect(part).not.toContain(mark);
    const { authenticator } = options;
    if (typeof authenticator !== "function") throw new Error("it has one authenticator");
    expect(authenticator("abcd")).toMatchObject({ jwt: one.jwt, nkey: one.id });
    expect(credentialOf(parseCredential(credsOf(alice))).expiresAt).toBeUndefined();
  });
});

describe("a credential file", () => {
  test("is read anew each time", async () => {
    verifies("SESS-95");
    const source = credentialFile(path);
    await replace(credsOf(alice, 2_000_000_000));
    const first = await source();
    expect((await source()).mark).toBe(first.mark);
    await replace(credsOf(alice, 2_000_000_001));
    expect(await source()).toMatchObject({ expiresAt: 2_000_000_001_000 });
    expect((await source()).mark).not.toBe(first.mark);
  });

  test("that is missing or torn fails one reading, and the next one finds it whole", async () => {
    verifies("SESS-95");
    const source = credentialFile(path);
    const missing = await refusal(Promise.resolve(source()));
    expect(missing).toMatchObject({ code: "bad-credential", data: { path } });
    expect(missing.message).toContain('"alice.creds" cannot be used: it cannot be read');
    const whole = credsOf(alice);
    for (const length of [0, 30, whole.length - 40]) {
      await replace(whole.slice(0, length));
      const torn = await refusal(Promise.resolve(source()));
      expect([torn.code, torn.hint]).toEqual(["bad-credential", expect.stringContaining("minted again")]);
      for (const shown of [torn.message, String(torn.cause), JSON.stringify(torn.data)]) {
        expect(shown).not.toContain(alice.slice(4, 30));
      }
    }
    await replace(whole);
    expect(await source()).toMatchObject({ mark: credentialOf(parseCredential(whole)).mark });
  });

  test("stays that of one user", async () => {
    verifies("SESS-95");
    const source = credentialFile(path);
    await replace(credsOf(alice));
    const { mark } = await source();
    await replace(credsOf(generateSeed("user")));
    expect(await refusal(Promise.resolve(source()))).toMatchObject({ code: "bad-credential" });
    await replace(credsOf(alice));
    expect((await source()).mark).toBe(mark);
  });

  test("is refused when others may open it", async () => {
    verifies("SESS-95");
    for (const mode of [0o640, 0o604, 0o622]) {
      await replace(credsOf(alice), mode);
      expect((await refusal(readCredentialFile(path))).hint).toContain(`chmod go-rwx ${path}`);
    }
    await replace(credsOf(alice), 0o400);
    expect((await readCredentialFile(path)).id).toBe(publicFromSeed(alice));
  });

  test("is refused unread when it is a folder or far too large", async () => {
    verifies("SESS-95");
    expect((await refusal(readCredentialFile(folder))).code).toBe("bad-credential");
    await replace(credsOf(alice).padEnd(1024 * 1024, "-"));
    expect((await refusal(readCredentialFile(path))).message).toContain("of that kind or size");
  });
});
