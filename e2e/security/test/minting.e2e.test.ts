import { type SpaceBroker, startSpaceBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import {
  createSpaceTrust,
  type Minted,
  type MintOrder,
  mint,
  readJwt,
  revoke,
  rotateKey,
  type SigningKey,
  secret,
  signJwt,
} from "@cotal/trust";
import { formatCredential, generateSeed, parseCredential, publicFromSeed } from "@cotal/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRaw } from "./raw-user.ts";
import { withRights } from "./space.ts";

let fixture: SpaceBroker;

beforeAll(async () => {
  fixture = await startSpaceBroker();
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** Texts that mean something to the broker, to a terminal or to an eye. */
const hostile: readonly (readonly [what: string, text: string])[] = [
  ["a wildcard of one token", "*"],
  ["a wildcard of the rest", ">"],
  ["two tokens", "a.b"],
  ["a wildcard below", "a.*"],
  ["nothing", ""],
  ["a space", "a b"],
  ["a template of the broker", "{{subject()}}"],
  ["another template of the broker", "{{tag(sub)}}"],
  ["a tag with its mark", "sub:lab"],
  ["a Cyrillic letter", "\u0430lice"],
  ["a Greek letter", "\u03bfps"],
  ["a full-width letter", "\uff41lice"],
  ["an accent that is composed", "ren\u00e9"],
  ["the same accent decomposed", "rene\u0301"],
  ["a zero-width joiner", "al\u200dice"],
  ["a mark that turns the direction", "\u202eecila"],
  ["half of a pair", "\ud800"],
  ["a NUL", "a\u0000b"],
  ["an escape", "\u001b[2J"],
  ["a line end", "a\r\nPUB x 0"],
  ["a byte order mark", "\ufeffalice"],
  ["a path", "../operator"],
  ["a megabyte", "x".repeat(1024 ** 2)],
];
const fabric = ["manager", "SELF", "Admin", "delivery", "delivery-0", "Delivery-Admin-1"];

const places: readonly (readonly [place: string, order: (text: string) => Partial<MintOrder>])[] = [
  ["name", (name) => ({ name })],
  ["role", (role) => ({ role })],
  ["service", (service) => ({ serves: [service] })],
  ["capability", (name) => ({ capabilities: [name as never] })],
  ["profile", (profile) => ({ profile: profile as never })],
  ["seed", (seed) => ({ seed })],
];

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof CotalError ? error.code : `uncoded: ${String(error)}`;
  }
  return "done";
}

describe.each(places)("a mint asked for a %s", (place, order) => {
  test.each(hostile)("that is %s refuses it with a code", (_, text) => {
    verifies("TRUST-44");
    expect(codeOf(() => fixture.mint(order(text)))).toMatch(/^bad-(token|order|seed)$/);
  });

  test("that belongs to the fabric refuses it, and takes an honest one", () => {
    verifies("TRUST-44");
    if (place === "name" || place === "service") {
      for (const text of fabric) expect(codeOf(() => fixture.mint(order(text)))).toBe("reserved-name");
    }
    const honest =
      { capability: "admin", profile: "observer", seed: generateSeed("user") }[place] ?? "search";
    expect(codeOf(() => fixture.mint(order(honest)))).toBe("done");
  });
});

test.each(hostile.filter(([, text]) => ![">", "a.b"].includes(text)))(
  "a mint asked for a channel that is %s refuses it for reading",
  (_, text) => {
    verifies("TRUST-44");
    expect(codeOf(() => fixture.mint({ allowSubscribe: [text] }))).toMatch(/^bad-(channel|pattern|token)$/);
    expect(
      codeOf(() => createSpaceTrust(fixture.trust, { space: text, shards: 1, storageBytes: 1 }, 0)),
    ).toBe("bad-token");
  },
);

describe("a credential that the broker must not take", () => {
  const now = (): number => Math.floor(Date.now() / 1000);

  interface Forgery {
    readonly by?: SigningKey | undefined;
    readonly body?: object;
    readonly issuedAt?: number;
    readonly expiresAt?: number;
    readonly notBefore?: number;
  }

  function forged({ by, body = {}, issuedAt = now(), expiresAt = now() + 3600, notBefore }: Forgery): Minted {
    const signer = by ?? fixture.space.keys.agents;
    if (signer === undefined) throw new Error("a signing key is missing");
    const seed = generateSeed("user");
    const id = publicFromSeed(seed);
    const draft = { issuer_account: fixture.space.account, tags: ["sub:lab"], ...body };
    const jwt = signJwt(
      { kind: "user", name: "eve", subject: id, body: draft, issuedAt, expiresAt, notBefore },
      signer,
    );
    return { id, jwt, expiresAt: expiresAt * 1000, creds: secret(formatCredential({ jwt, seed })) } as Minted;
  }

  const taken = async (minted: Minted): Promise<boolean> => {
    const connection = await fixture.connect(minted).catch((error: unknown) => String(error));
    if (typeof connection === "string") {
      expect(connection).toMatch(/Authorization Violation|Authentication|closed|disconnect/i);
      return false;
    }
    await connection.close();
    return true;
  };

  test("control: one that is in order is taken", async () => {
    verifies("TRUST-37", "TRUST-44");
    expect(await taken(forged({}))).toBe(true);
    expect(await taken(fixture.mint({}))).toBe(true);
  });

  test("is expired, or not valid yet", async () => {
    verifies("TRUST-44");
    expect(await taken(forged({ issuedAt: now() - 100, expiresAt: now() - 10 }))).toBe(false);
    expect(await taken(forged({ notBefore: now() + 600 }))).toBe(false);
  });

  test("carries rights of its own under the key of agents, or asks to do without proof", async () => {
    verifies("TRUST-44");
    for (const body of [
      { pub: { allow: [">"] }, sub: { allow: [">"] } },
      { resp: { max: 1000, ttl: 0 } },
      { subs: -1, data: -1, payload: -1 },
      { bearer_token: true },
    ]) {
      expect([body, await taken(forged({ body }))]).toEqual([body, false]);
    }
    // Nor does the key of the tools let anybody in who cannot prove to be its user.
    const by = fixture.space.keys.tools;
    expect(await taken(forged({ by }))).toBe(true);
    expect(await taken(forged({ by, body: { bearer_token: true } }))).toBe(false);
  });

  test("is signed by a stranger, for a foreign account, or by nobody", async () => {
    verifies("TRUST-44");
    const { trust } = fixture;
    const other = createSpaceTrust(trust, { space: "acme", shards: 2, storageBytes: 1 }, Date.now());
    expect(await taken(forged({ by: other.keys.agents }))).toBe(false);
    expect(await taken(forged({ by: other.keys.tools, body: { pub: { allow: [">"] } } }))).toBe(false);
    expect(await taken(forged({ body: { issuer_account: other.account } }))).toBe(false);
    expect(await taken(mint(other, { profile: "agent", name: "eve" }, Date.now()))).toBe(false);
    const { jwt, creds, ...minted } = fixture.mint({});
    const [head = "", claims = "", signature = ""] = jwt.split(".");
    const wide = JSON.parse(Buffer.from(claims, "base64url").toString());
    wide.nats.tags = ["sub:>"];
    const changed = [head, Buffer.from(JSON.stringify(wide)).toString("base64url"), signature].join(".");
    const torn = { ...minted, jwt: changed, creds: secret(creds.reveal().replace(jwt, changed)) };
    expect(await taken(torn as Minted)).toBe(false);
    // Somebody else's token with an own key.
    const stolen = formatCredential({ jwt, seed: generateSeed("user") });
    expect(codeOf(() => parseCredential(stolen))).toBe("bad-credential");
  });

  test("fills its template with wildcards, as only a stolen key can, and stays within the profile", async () => {
    verifies("TRUST-44", "TRUST-4");
    const greedy = forged({ body: { tags: ["sub:>", "pub:>", "role:*", "role:>", "sub:{{tag(pub)}}"] } });
    const raw = await connectRaw(fixture, greedy);
    const { id: bob } = fixture.mint({ name: "bob" });
    const beyond = [
      `cotal.acme.chat.${bob}.lab`,
      `cotal.acme.inst.x.${bob}`,
      `$KV.cotal_presence_acme.${bob}`,
      "$KV.cotal_acl_acme.x",
      "$JS.API.STREAM.DELETE.CHAT_acme",
      "$JS.API.STREAM.PURGE.CHAT_acme",
      "adm.guess.STREAM.PURGE.CHAT_acme",
      "js.CONSUMER.CREATE.DM_acme.dlv_x.cotal.acme.inst.*.*",
      `$JS.API.CONSUMER.MSG.NEXT.DM_acme.dm_${bob}`,
      "cotal.acme.ctl.manager.x",
    ];
    expect([...(await raw.attempt("publish", beyond))]).toEqual(beyond);
    const heard = [`_INBOX_${bob}.x`, "cotal.acme.inst.>", "cotal.acme.ctl.>", ">"];
    expect([...(await raw.attempt("subscribe", heard))]).toEqual(heard);
    await raw.close();
  });

  test("was revoked, or signed by a key that was removed", async () => {
    verifies("TRUST-44");
    await using own = await startSpaceBroker();
    const { trust, system } = own;
    const [revoked, other] = [own.mint({ name: "bob" }), own.mint({ name: "carol" })];
    const space = await revoke(system, { trust, space: own.space, id: revoked.id, at: Date.now() });
    await expect(own.connect(revoked)).rejects.toThrow(/Authorization Violation/);
    await (await own.connect(other)).close();
    const rotated = await rotateKey(system, { trust, space, role: "agents", keepOld: false, at: Date.now() });
    await expect(own.connect(other)).rejects.toThrow(/Authorization Violation/);
    expect(readJwt("user", mint(rotated, { profile: "agent", name: "dora" }, Date.now()).jwt).iss).not.toBe(
      readJwt("user", other.jwt).iss,
    );
  });
});

test("control: the key of the tools can give any right, which is why no host of agents holds it", async () => {
  verifies("TRUST-37");
  const raw = await connectRaw(fixture, withRights(fixture, [">"]));
  expect([...(await raw.attempt("publish", ["$JS.API.STREAM.DELETE.CHAT_acme"]))]).toEqual([]);
  await raw.close();
});
