import { verifies } from "@cotal/requirements";
import { parseCredential } from "@cotal/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createSpaceTrust,
  createTrust,
  exportSigner,
  ingestOfRegistry,
  ingestOfShard,
  ingestSecret,
  isRevoked,
  kickRequest,
  longestLifeMs,
  type MintOrder,
  mint,
  mintSystem,
  type Profile,
  permissionsFor,
  profileNames,
  readJwt,
  renew,
  revokeOffline,
  type SpaceTrust,
  scopeOf,
  signJwt,
} from "../src/index.ts";
import { refusalOf } from "./refusal.ts";
import { seedIn } from "./seed-in.ts";

const at = 1_800_000_000_000;
const hour = 3_600_000;
const trust = createTrust({ name: "test", at });
const space = createSpaceTrust(trust, { space: "acme", shards: 2, storageBytes: 1e9 }, at);
const order = (more: Partial<MintOrder> = {}): MintOrder => ({ profile: "agent", name: "alice", ...more });
const codeOf = (more: Partial<MintOrder>): string => refusalOf(() => mint(space, order(more), at)).code;
const systemProfiles: readonly Profile[] = ["revoker", "census"];

describe("a chain", () => {
  test("reaches from the operator over its signing key and the account to the user", () => {
    verifies("TRUST-1", "TRUST-2", "TRUST-4");
    const operator = readJwt("operator", trust.operator.jwt);
    const account = readJwt("account", space.jwt);
    const system = readJwt("account", trust.system.jwt);
    expect(operator.iss).toBe(operator.sub);
    expect(operator.nats.strict_signing_key_usage).toBe(true);
    expect(operator.nats.system_account).toBe(system.sub);
    expect(operator.nats.signing_keys).toEqual([account.iss]);
    expect(system.iss).toBe(account.iss);
    expect(account.iss).not.toBe(operator.sub);
    const issuers = (["agent", "delivery", "operator"] as const).map(
      (profile) => readJwt("user", mint(space, order({ profile }), at).jwt).iss,
    );
    expect(new Set([...issuers, account.sub]).size).toBe(4);
  });

  test("gives an account and each of its users limits", () => {
    verifies("TRUST-27");
    const { limits, signing_keys = [] } = readJwt("account", space.jwt).nats;
    for (const limit of ["conn", "subs", "payload", "disk_storage", "mem_storage", "consumer"] as const) {
      expect(limits?.[limit]).toBeGreaterThan(0);
    }
    expect(limits?.conn).toBe(4_000);
    const templates = signing_keys.flatMap((key) => (typeof key === "string" ? [] : [key.template]));
    expect(templates).toHaveLength(2);
    const unscoped = readJwt("user", mint(space, order({ profile: "observer" }), at).jwt).nats;
    for (const rights of [...templates, unscoped]) {
      expect(rights.subs).toBeGreaterThan(0);
      expect(rights.payload).toBeGreaterThan(0);
    }
  });
});

describe("a minted credential", () => {
  test.each(profileNames)("of the profile %s is one that its holder can read and that ends", (profile) => {
    verifies("TRUST-11");
    const account = profile === "census" ? { account: space.account } : {};
    const made = systemProfiles.includes(profile)
      ? mintSystem(trust, order({ profile, ...account }), at)
      : mint(space, order({ profile, name: "n1" }), at);
    const credential = parseCredential(made.creds.reveal());
    expect(credential).toMatchObject({ id: made.id, jwt: made.jwt, expiresAt: made.expiresAt });
    expect(made.expiresAt).toBeGreaterThan(at);
    expect(made.expiresAt).toBeLessThanOrEqual(at + 24 * hour);
  });

  test("lives as long as its profile does unless it is said", () => {
    verifies("TRUST-11", "TRUST-10");
    const lifeOf = (more: Partial<MintOrder>): number => mint(space, order(more), at).expiresAt - at;
    expect(lifeOf({})).toBe(24 * hour);
    expect(lifeOf({ profile: "operator" })).toBe(12 * hour);
    expect(lifeOf({ profile: "delivery" })).toBe(24 * hour);
    expect(lifeOf({ profile: "provisioner" })).toBe(300_000);
    expect(lifeOf({ lifeMs: 90_000 })).toBe(90_000);
    expect(lifeOf({ lifeMs: longestLifeMs })).toBe(longestLifeMs);
    for (const lifeMs of [0, -1, 999, longestLifeMs + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(codeOf({ lifeMs })).toBe("bad-lifetime");
    }
    expect(codeOf({ profile: "provisioner", lifeMs: hour })).toBe("bad-lifetime");
  });

  test("of an agent with more than the rights of an agent is signed by the tools, with its rights in it", () => {
    verifies("TRUST-33");
    const { id, jwt } = mint(space, order({ serves: ["search"], capabilities: ["manager"] }), at);
    const { iss, nats } = readJwt("user", jwt);
    expect(iss).toBe(space.keys.tools?.publicKey);
    const place = { space: "acme", shards: 2, id };
    const expected = permissionsFor("agent", { ...place, serves: ["search"], capabilities: ["manager"] });
    expect({ pub: nats.pub, sub: nats.sub }).toEqual(expected);
    const plain = readJwt("user", mint(space, order({ allowSubscribe: ["Team.>"], role: "r" }), at).jwt);
    expect(plain.iss).toBe(space.keys.agents?.publicKey);
    expect(plain.nats).toEqual({
      issuer_account: space.account,
      tags: ["profile:agent", "sub:Team.>", "role:r"],
      type: "user",
      version: 2,
    });
  });

  test("is for a user of the same key when its seed is given", () => {
    const first = mint(space, order(), at);
    const seed = seedIn(first);
    expect(mint(space, order({ seed }), at).id).toBe(first.id);
    expect(codeOf({ seed: seed.slice(0, -1) })).toBe("bad-seed");
    expect(codeOf({ seed: space.keys.tools?.seed.reveal() ?? "" })).toBe("bad-seed");
  });
});

describe("a mint refuses", () => {
  test.each(["*", ">", "a.b", "é", "", "a b", "a\n", "{{name()}}", "x".repeat(65)])("the name %j", (name) => {
    verifies("TRUST-6", "TRUST-44");
    expect(codeOf({ name })).toBe("bad-token");
  });

  test.each(["manager", "Manager", "self", "operator", "delivery", "delivery-0", "admin", "revoker"])(
    "the name %j, which is kept for the fabric",
    (name) => {
      verifies("TRUST-6", "TRUST-44");
      expect(codeOf({ name })).toBe("reserved-name");
      expect(mint(space, order({ profile: "manager", name }), at).id).toMatch(/^U/);
    },
  );

  test("any name that is not plainly one token, whatever it is", () => {
    verifies("TRUST-6");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (name) => {
        fc.pre(!/^[\w-]{1,64}$/.test(name));
        expect(codeOf({ name })).toBe("bad-token");
      }),
    );
  });

  test("too many patterns and too long a token", () => {
    verifies("TRUST-7");
    const many = Array.from({ length: 200 }, (_, n) => `${"c".repeat(240)}.${n}`);
    expect(codeOf({ allowSubscribe: [...many, "x"] })).toBe("too-many-patterns");
    expect(codeOf({ allowSubscribe: many })).toBe("too-large");
    expect(mint(space, order({ allowSubscribe: many.slice(0, 100) }), at).jwt.length).toBeLessThan(48 * 1024);
  });

  test("what a key that is not held here would have to sign", () => {
    verifies("TRUST-19", "TRUST-22");
    const host = exportSigner({ trust, space }, "agents").space;
    expect(mint(host, order(), at).id).toMatch(/^U/);
    for (const more of [
      { profile: "operator" },
      { profile: "delivery" },
      { capabilities: ["admin"] },
    ] as const) {
      expect(refusalOf(() => mint(host, order(more), at)).code).toBe("signer-missing");
    }
    expect(codeOf({ profile: "revoker" })).toBe("signer-missing");
    expect(refusalOf(() => mintSystem(trust, order(), at)).code).toBe("signer-missing");
  });
});

describe("a renewed credential", () => {
  const made = mint(space, order({ allowSubscribe: ["team.>"], lifeMs: hour }), at);
  const later = at + 48 * hour;

  test("has the same key and rights and a new life of the same length, also after its end", () => {
    verifies("TRUST-11");
    const again = renew(space, made.creds.reveal(), later);
    expect(again).toMatchObject({ id: made.id, expiresAt: later + hour });
    expect(readJwt("user", again.jwt).nats).toEqual(readJwt("user", made.jwt).nats);
    expect(parseCredential(again.creds.reveal()).keys.publicKey).toBe(made.id);
  });

  test("is not made for one that was revoked, of another space, or torn", () => {
    verifies("TRUST-53");
    const revoked = revokeOffline({ trust, space, id: made.id, at });
    const codeFor = (by: SpaceTrust, creds = made.creds.reveal()): string =>
      refusalOf(() => renew(by, creds, later)).code;
    expect(codeFor(revoked)).toBe("auth-refused");
    const other = createSpaceTrust(trust, { space: "other", shards: 1, storageBytes: 1 }, at);
    expect(codeFor(other)).toBe("foreign-issuer");
    expect(codeFor(space, made.creds.reveal().replace("eyJ0", "eyJ1"))).toBe("bad-jwt");
    const [head = "", claims = "", rest = ""] = made.jwt.split(".");
    const forged = made.creds.reveal().replace(
      claims,
      claims.replace(/.$/, (c) => (c === "A" ? "B" : "A")),
    );
    expect(["bad-jwt", "forged-jwt", "bad-credential"]).toContain(codeFor(space, forged));
    expect(head.length * rest.length).toBeGreaterThan(0);
  });
});

describe("revocations", () => {
  const made = mint(space, order(), at);
  const entries = (of: SpaceTrust): Readonly<Record<string, number>> =>
    readJwt("account", of.jwt).nats.revocations ?? {};

  test("void what was minted up to their second, and what is minted afterwards is dated later", () => {
    verifies("TRUST-53");
    const once = revokeOffline({ trust, space, id: made.id, at });
    const seed = seedIn(made);
    const again = mint(once, order({ seed }), at);
    const { iat } = readJwt("user", again.jwt);
    expect(iat).toBeGreaterThan(entries(once)[made.id] ?? Number.POSITIVE_INFINITY);
    const twice = revokeOffline({ trust, space: once, id: made.id, at });
    expect(entries(twice)[made.id]).toBeGreaterThanOrEqual(iat);
  });

  test("are forgotten once nothing that they void can be alive, and not before", () => {
    verifies("TRUST-17");
    const other = mint(space, order(), at).id;
    const once = revokeOffline({ trust, space, id: made.id, at });
    const kept = revokeOffline({ trust, space: once, id: other, at: at + longestLifeMs });
    expect(Object.keys(entries(kept)).sort()).toEqual([made.id, other].sort());
    const pruned = revokeOffline({ trust, space: once, id: other, at: at + longestLifeMs + 1000 });
    expect(Object.keys(entries(pruned))).toEqual([other]);
  });

  test("of thousands of users fit into one account", () => {
    verifies("TRUST-17");
    const { type: _, version: __, ...body } = readJwt("account", space.jwt).nats;
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`U${String(n).padStart(55, "A")}`, at / 1000]),
    );
    const { signing } = trust.operator;
    if (signing === undefined) throw new Error("the operator's signing key is missing");
    const jwt = signJwt(
      {
        kind: "account",
        name: "acme",
        subject: space.account,
        body: { ...body, revocations: many },
        issuedAt: 1,
      },
      signing,
    );
    const next = revokeOffline({ trust, space: { ...space, jwt }, id: made.id, at });
    expect(Object.keys(entries(next))).toHaveLength(5_001);
  });

  test("date every account after the one before, so that the broker takes the last", () => {
    verifies("TRUST-49");
    const iatOf = (of: SpaceTrust): number => readJwt("account", of.jwt).iat;
    const once = revokeOffline({ trust, space, id: made.id, at });
    const twice = revokeOffline({ trust, space: once, id: made.id, at: at - hour });
    expect(iatOf(once)).toBeGreaterThan(iatOf(space));
    expect(iatOf(twice)).toBeGreaterThan(iatOf(once));
    expect(refusalOf(() => revokeOffline({ trust, space, id: "*", at })).code).toBe("bad-owner");
  });

  test("can be followed by a kick, which names one connection of one server", () => {
    verifies("TRUST-3");
    const server = `N${"A".repeat(55)}`;
    expect(kickRequest({ server, connection: 7 })).toEqual({
      subject: `$SYS.REQ.SERVER.${server}.KICK`,
      payload: '{"cid":7}',
    });
  });
});

describe("ingest secrets", () => {
  test("are tokens of 256 bits that follow from the space's root and the resource, and from nothing else", () => {
    verifies("TRUST-22");
    const resources = [
      ingestOfRegistry(space, "acl"),
      ingestOfRegistry(space, "members"),
      ingestOfShard(space, 0),
      ingestOfShard(space, 1),
    ];
    const other = createSpaceTrust(trust, { space: "acme", shards: 2, storageBytes: 1 }, at);
    const secrets = [space, other].flatMap((of) => resources.map((resource) => ingestSecret(of, resource)));
    expect(new Set(secrets).size).toBe(8);
    for (const text of secrets) expect(text).toMatch(/^[\w-]{43}$/);
    expect(resources.map((resource) => ingestSecret(space, resource))).toEqual(secrets.slice(0, 4));
  });

  test("reach a host only as far as it writes", () => {
    verifies("TRUST-22", "TRUST-19");
    const host = exportSigner({ trust, space }, "delivery");
    expect(ingestSecret(host.space, ingestOfShard(space, 1))).toBe(
      ingestSecret(space, ingestOfShard(space, 1)),
    );
    expect(refusalOf(() => ingestSecret(host.space, ingestOfRegistry(space, "directory"))).code).toBe(
      "signer-missing",
    );
    expect(host.space.ingest.root).toBeUndefined();
    expect(Object.keys(host.space.keys)).toEqual(["delivery"]);
    expect(host.trust.operator).toEqual({ jwt: trust.operator.jwt });
    expect(host.trust.system.keys).toEqual({});
    expect(refusalOf(() => revokeOffline({ ...host, id: mint(space, order(), at).id, at })).code).toBe(
      "signer-missing",
    );
  });
});

test("a token says what it was minted for, so that the same can be minted again", () => {
  verifies("TRUST-11");
  const plain = { allowSubscribe: ["team.>"], allowPublish: ["team.a", "lab"], role: "review" };
  expect(scopeOf(mint(space, order(plain), at).jwt)).toEqual({
    ...plain,
    profile: "agent",
    capabilities: [],
    serves: [],
  });
  const more = { ...plain, capabilities: ["manager"], serves: ["search"] } as const;
  expect(scopeOf(mint(space, order(more), at).jwt)).toEqual({ ...more, profile: "agent" });
  expect(scopeOf(mint(space, { profile: "operator", name: "op" }, at).jwt)).toMatchObject({
    profile: "operator",
  });
});

test("a revoked credential is known by the account, and one that was minted afterwards is not", () => {
  verifies("TRUST-53");
  const before = mint(space, order(), at);
  const revoked = revokeOffline({ trust, space, id: before.id, at });
  expect([isRevoked(space, before.creds.reveal()), isRevoked(revoked, before.creds.reveal())]).toEqual([
    false,
    true,
  ]);
  const after = mint(revoked, order({ seed: seedIn(before) }), at);
  expect(isRevoked(revoked, after.creds.reveal())).toBe(false);
});
