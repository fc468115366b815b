import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { parseCredential } from "@cotal/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createSpaceTrust,
  createTrust,
  exportSigner,
  ingestOfShard,
  ingestSecret,
  loadSpace,
  loadTrust,
  mint,
  readJwt,
  renew,
  revokeOffline,
  saveCredential,
  saveSpace,
  saveTrust,
} from "../src/index.ts";
import { expectNoSecret } from "./no-secret.ts";

const at = 1_800_000_000_000;
const trust = createTrust({ name: "test", at });
const space = createSpaceTrust(trust, { space: "acme", shards: 2, storageBytes: 1e9 }, at);
const minted = mint(space, { profile: "agent", name: "alice" }, at);
const seeds = [
  trust.operator.identity,
  trust.operator.signing,
  ...Object.values(trust.system.keys),
  ...Object.values(space.keys),
  space.ingest.root,
].map((key) => key?.seed.reveal() ?? "missing");

let folder = "";
const inTrust = (name: string): string => join(folder, "trust", name);
const inSpace = (name: string): string => join(folder, "trust", "acme", name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cotal-trust-"));
  await saveTrust(join(folder, "trust"), trust);
  await saveSpace(inSpace(""), space);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function load(): Promise<{ trust: typeof trust; space: typeof space }> {
  const loaded = await loadTrust(inTrust(""));
  return { trust: loaded, space: await loadSpace(inSpace(""), loaded) };
}

/** The refusal, after looking for secrets in everything that it could show. */
async function refusal(action: Promise<unknown>): Promise<CotalError> {
  const error = await action.then(
    () => new Error("nothing was refused"),
    (failure: unknown) => failure,
  );
  if (!(error instanceof CotalError)) throw error;
  expectNoSecret(error, seeds);
  return error;
}

describe("what was saved", () => {
  test("is loaded as it was", async () => {
    const loaded = await load();
    expect(loaded.trust.operator.jwt).toBe(trust.operator.jwt);
    expect(loaded.trust.operator.identity?.publicKey).toBe(trust.operator.identity?.publicKey);
    expect(loaded.space).toMatchObject({ space: "acme", shards: 2, account: space.account, jwt: space.jwt });
    for (const role of ["agents", "delivery", "tools"] as const) {
      expect(loaded.space.keys[role]?.publicKey).toBe(space.keys[role]?.publicKey);
    }
    const resource = ingestOfShard(space, 1);
    expect(ingestSecret(loaded.space, resource)).toBe(ingestSecret(space, resource));
    expect(mint(loaded.space, { profile: "operator", name: "op" }, at).id).toMatch(/^U/);
  });

  test("is closed to everybody else, in a file of its own for each secret, and leaves no draft", async () => {
    verifies("TRUST-20", "TRUST-22");
    const names = await readdir(folder, { recursive: true });
    const held: string[] = [];
    for (const name of names) {
      const path = join(folder, name);
      const info = await stat(path);
      expect([name, info.mode & 0o777]).toEqual([name, info.isDirectory() ? 0o700 : 0o600]);
      if (info.isDirectory()) continue;
      const text = await readFile(path, "utf8");
      const inside = seeds.filter((seed) => text.includes(seed));
      expect(inside.length).toBeLessThanOrEqual(1);
      held.push(...inside);
    }
    expect(held.sort()).toEqual([...seeds].sort());
    expect(names.filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("is replaced as a whole: who reads at any moment gets the old or the new", async () => {
    verifies("TRUST-20");
    const [file, other] = [join(folder, "creds", "a.creds"), renew(space, minted.creds.reveal(), at + 5000)];
    await saveCredential(file, minted);
    let reads = 0;
    const reader = (async () => {
      for (; reads < 200; reads++)
        expect([minted.jwt, other.jwt]).toContain(parseCredential(await readFile(file, "utf8")).jwt);
    })();
    while (reads < 200) {
      await saveCredential(file, other);
      await saveCredential(file, minted);
    }
    await reader;
    expect(await readdir(join(folder, "creds"))).toEqual(["a.creds"]);
  });

  test("works without the operator's identity key", async () => {
    verifies("TRUST-2", "TRUST-25");
    await rm(inTrust("operator-identity.seed"));
    const loaded = await load();
    expect(loaded.trust.operator.identity).toBeUndefined();
    const made = createSpaceTrust(loaded.trust, { space: "b", shards: 1, storageBytes: 1 }, at);
    expect(readJwt("account", made.jwt).name).toBe("b");
    expect(revokeOffline({ ...loaded, id: minted.id, at }).jwt).not.toBe(space.jwt);
  });

  test("for one host is loaded there and holds no other secret", async () => {
    verifies("TRUST-22", "TRUST-25");
    const host = exportSigner({ trust, space }, "delivery");
    const there = join(folder, "host");
    await saveTrust(there, host.trust);
    await saveSpace(join(there, "acme"), host.space);
    const texts = await Promise.all(
      (await readdir(there, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")),
    );
    const held = seeds.filter((seed) => texts.some((text) => text.includes(seed)));
    expect(held).toEqual([space.keys.delivery?.seed.reveal()]);
    const loaded = await loadSpace(join(there, "acme"), await loadTrust(there));
    expect(mint(loaded, { profile: "delivery", name: "delivery" }, at).id).toMatch(/^U/);
    const resource = ingestOfShard(space, 0);
    expect(ingestSecret(loaded, resource)).toBe(ingestSecret(space, resource));
  });
});

describe("a folder of keys is refused", () => {
  test("when a file or its folder is open to others", async () => {
    verifies("TRUST-20");
    await chmod(inSpace("agents.seed"), 0o640);
    expect((await refusal(load())).message).toContain('other users of this machine may open "agents.seed"');
    await chmod(inSpace("agents.seed"), 0o600);
    await chmod(inTrust(""), 0o755);
    expect((await refusal(load())).code).toBe("bad-trust-files");
  });

  test("when a seed is of another space, role or kind than the token beside it", async () => {
    verifies("TRUST-51");
    const other = createSpaceTrust(trust, { space: "other", shards: 1, storageBytes: 1 }, at);
    await saveSpace(join(folder, "other"), other);
    const swaps: readonly [from: string, to: string][] = [
      [join(folder, "other", "agents.seed"), inSpace("agents.seed")],
      [inSpace("tools.seed"), inSpace("delivery.seed")],
      [inSpace("agents.seed"), inSpace("ingest.seed")],
      [join(folder, "other", "ingest.seed"), inSpace("ingest.seed")],
      [inTrust("operator-signing.seed"), inSpace("agents.seed")],
      [inSpace("tools.seed"), inTrust("operator-signing.seed")],
      [inTrust("operator-signing.seed"), inTrust("operator-identity.seed")],
      [inTrust("system-feed.seed"), inTrust("system-revoker.seed")],
      [join(folder, "other", "account.jwt"), inTrust("system.jwt")],
      [inTrust("system.jwt"), inSpace("account.jwt")],
      [inTrust("system.jwt"), inTrust("operator.jwt")],
      [join(folder, "other", "account.jwt"), inSpace("account.jwt")],
    ];
    for (const [from, to] of swaps) {
      const before = await readFile(to);
      await copyFile(from, to);
      const error = await refusal(load());
      expect([to, error.code]).toEqual([to, "bad-trust-files"]);
      expect(error.message).toMatch(/^"[\w.-]+" cannot be used: /);
      expect(error.hint).toBeDefined();
      await writeFile(to, before);
    }
    await load();
  });

  test("when a file is torn, emptied, overgrown or missing where it is needed", async () => {
    verifies("TRUST-51");
    const files = [
      inTrust("operator.jwt"),
      inTrust("system.jwt"),
      inSpace("account.jwt"),
      inSpace("tools.seed"),
    ];
    for (const file of files) {
      const before = await readFile(file);
      for (const size of [0, 10, before.length - 1]) {
        await truncate(file, size);
        expect([file, size, (await refusal(load())).code]).toEqual([file, size, "bad-trust-files"]);
        await writeFile(file, before);
      }
      await writeFile(file, Buffer.alloc(2_000_000, before));
      expect((await refusal(load())).code).toBe("bad-trust-files");
      await writeFile(file, before);
    }
    await rm(inTrust("operator.jwt"));
    expect((await refusal(load())).message).toContain("it is missing");
  });

  test("when another operator made half of it", async () => {
    verifies("TRUST-51");
    const stranger = createTrust({ name: "stranger", at });
    await saveTrust(join(folder, "stranger"), stranger);
    expect((await refusal(loadSpace(inSpace(""), stranger))).message).toContain(
      "the operator of this folder has not signed it",
    );
    await copyFile(join(folder, "stranger", "operator.jwt"), inTrust("operator.jwt"));
    expect((await refusal(load())).message).toContain("it is not the system account that operator.jwt names");
  });
});

test("nothing that holds a secret shows it when it is printed or encoded", () => {
  verifies("TRUST-52");
  for (const value of [trust, space, minted, exportSigner({ trust, space }, "manager")])
    expectNoSecret(value);
  expect(JSON.stringify(minted)).toContain('"creds":"[secret]"');
  const secret = ingestSecret(space, ingestOfShard(space, 0));
  const host = exportSigner({ trust, space }, "delivery");
  expectNoSecret(host, [secret]);
});
