import { eventually, startSpaceBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { formatCredential, generateSeed, keyPairFromSeed } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import {
  createSpaceTrust,
  createTrust,
  exportSigner,
  type Minted,
  mint,
  mintSystem,
  permissionsFor,
  pushAccount,
  readJwt,
  refreshSpace,
  renew,
  revoke,
  revokeOffline,
  rotateKey,
  rotateOperator,
  secret,
  signJwt,
} from "../src/index.ts";
import { filled, publishes, rawDialogue, statusesOf, subscribes, userDraft } from "./attempts.ts";
import { seedIn } from "./seed-in.ts";

const reading = { allowSubscribe: ["team.>", "Lab"], allowPublish: ["Lab"], role: "review" };

describe("a minted user", () => {
  test("may do on the broker exactly what its profile says, also by the template of its key", async () => {
    verifies("TRUST-1", "TRUST-4", "TRUST-28");
    await using fixture = await startSpaceBroker();
    const alice = fixture.mint(reading);
    expect(readJwt("user", alice.jwt).nats.pub).toBeUndefined();
    const connection = await fixture.connect(alice);
    const place = { space: "acme", shards: 2, id: alice.id };
    const { pub, sub } = permissionsFor("agent", { ...place, ...reading });
    for (const subject of pub.allow.map(filled)) {
      expect([subject, await publishes(connection, subject)]).toEqual([subject, "allowed"]);
    }
    for (const subject of sub.allow.map(filled)) {
      expect([subject, await subscribes(connection, subject)]).toEqual([subject, "allowed"]);
    }
    const bob = fixture.mint({ name: "bob" });
    const others = permissionsFor("agent", { ...place, id: bob.id, allowPublish: ["Lab", "other"] });
    const chat = "cotal.acme.chat";
    const forbidden = [
      ...others.pub.allow.map(filled),
      `${chat}.${alice.id}.lab`,
      `${chat}.${alice.id}.team.a`,
      `cotal.acme.ctl.manager.${alice.id}`,
      `cotal.acme.ctl.delivery-admin-0.${alice.id}`,
      "$JS.API.STREAM.INFO.CHAT_acme",
      "$SYS.REQ.CLAIMS.UPDATE",
      `$KV.cotal_acl_acme.${alice.id}`,
      `in.guess.$KV.cotal_acl_acme.${alice.id}`,
    ];
    for (const subject of forbidden) {
      expect([subject, await publishes(connection, subject)]).toEqual([subject, "denied"]);
    }
    for (const subject of [
      `${chat}.*.lab`,
      `${chat}.>`,
      `${chat}.*.*`,
      "_INBOX.>",
      `_INBOX_${bob.id}.>`,
      ">",
    ]) {
      expect([subject, await subscribes(connection, subject)]).toEqual([subject, "denied"]);
    }
  });

  test("with nothing to read and nowhere to post is held to that, not let loose", async () => {
    verifies("TRUST-29");
    await using fixture = await startSpaceBroker();
    const connection = await fixture.connect(fixture.mint({}));
    const { id } = fixture.mint({});
    expect(await publishes(connection, `cotal.acme.chat.${id}.lab`)).toBe("denied");
    expect(await publishes(connection, "anything")).toBe("denied");
    expect(await subscribes(connection, "cotal.acme.chat.*.lab")).toBe("denied");
    expect(await subscribes(connection, "anything")).toBe("denied");
  });

  test("of every profile is taken by the broker", async () => {
    verifies("TRUST-3", "TRUST-4");
    await using fixture = await startSpaceBroker();
    const { trust, space } = fixture;
    const profiles = ["agent", "observer", "admin", "operator", "provisioner", "delivery", "feed"] as const;
    const tools = ["manager", "setup", "teardown", "purger", "probe"] as const;
    for (const profile of [...profiles, ...tools]) {
      const connection = await fixture.connect(fixture.mint({ profile, name: "n" }));
      expect(await publishes(connection, "foo"), profile).toBe("denied");
    }
    const capable = fixture.mint({ ...reading, capabilities: ["manager"], serves: ["search"] });
    expect(await publishes(await fixture.connect(capable), `cotal.acme.ctl.manager.${capable.id}`)).toBe(
      "allowed",
    );
    const census = { profile: "census", name: "feed", account: space.account } as const;
    const watcher = await fixture.connect(mintSystem(trust, census, Date.now()));
    const answer = await watcher.request(`$SYS.REQ.ACCOUNT.${space.account}.CONNZ`, "", { timeout: 10_000 });
    expect(answer.json()).toMatchObject({ data: { connections: expect.any(Array) } });
    expect(await publishes(watcher, `$SYS.REQ.ACCOUNT.${trust.system.account}.CONNZ`)).toBe("denied");
    expect(await publishes(watcher, "$SYS.REQ.CLAIMS.UPDATE")).toBe("denied");
  });

  test("cannot be made by the key of another role", async () => {
    verifies("TRUST-4", "TRUST-19");
    await using fixture = await startSpaceBroker();
    const { agents } = exportSigner(fixture, "agents").space.keys;
    if (agents === undefined) throw new Error("the signer of agents is missing");
    const { id, jwt, creds, apiRoot } = fixture.mint({});
    const { body, ...draft } = userDraft(jwt);
    const seed = seedIn({ creds });
    const forged = (rights: object): Minted => {
      const signed = signJwt({ ...draft, body: { ...body, ...rights } }, agents);
      return {
        id,
        jwt: signed,
        expiresAt: 0,
        creds: secret(formatCredential({ jwt: signed, seed })),
        apiRoot,
      };
    };
    await expect(fixture.connect(forged({ pub: { allow: [">"] } }))).rejects.toThrow(
      /Authorization Violation/,
    );
    const wide = await fixture.connect(forged({ tags: ["sub:>", "pub:>", "role:>", "serves:manager"] }));
    expect(await publishes(wide, `cotal.acme.chat.${id}.any.thing`)).toBe("allowed");
    for (const subject of [
      `cotal.acme.ctl.manager.${id}`,
      `cotal.acme.ctl.delivery-admin-0.${id}`,
      "$JS.API.STREAM.DELETE.CHAT_acme",
      `cotal.acme.chat.${fixture.mint({}).id}.lab`,
    ]) {
      expect([subject, await publishes(wide, subject)]).toEqual([subject, "denied"]);
    }
  });

  test("signed by an identity key or by a stranger is refused", async () => {
    verifies("TRUST-2", "TRUST-44");
    await using fixture = await startSpaceBroker();
    const stranger = createSpaceTrust(
      createTrust({ name: "other", at: Date.now() }),
      { space: "acme", shards: 2, storageBytes: 1 },
      Date.now(),
    );
    await expect(
      fixture.connect(mint(stranger, { profile: "agent", name: "eve" }, Date.now())),
    ).rejects.toThrow();
    const pretending = { ...stranger, account: fixture.space.account };
    await expect(
      fixture.connect(mint(pretending, { profile: "observer", name: "eve" }, Date.now())),
    ).rejects.toThrow();
  });
});

describe("a pattern that ends in *", () => {
  test("would reach below its level on the broker, which is why it is refused", async () => {
    verifies("TRUST-48");
    await using fixture = await startSpaceBroker();
    const { tools } = fixture.space.keys;
    if (tools === undefined) throw new Error("the signer of the tools is missing");
    const seed = generateSeed("user");
    const id = keyPairFromSeed(seed).publicKey;
    const create = `js.CONSUMER.CREATE.CHAT_acme.hist_${id}.cotal.acme.chat.*.team`;
    const jwt = signJwt(
      {
        ...userDraft(fixture.mint({}).jwt),
        subject: id,
        body: {
          issuer_account: fixture.space.account,
          subs: -1,
          data: -1,
          payload: -1,
          pub: { allow: [`${create}.*`, "deep.>"] },
          sub: { allow: ["deep.*", `_INBOX_${id}.>`] },
        },
      },
      tools,
    );
    const minted = { id, jwt, expiresAt: 0, creds: secret(formatCredential({ jwt, seed })) } as Minted;
    const connection = await fixture.connect(minted);
    const heard: string[] = [];
    connection.subscribe("deep.>", { callback: (_, message) => void heard.push(message.subject) });
    connection.publish("deep.one.two.three");
    await eventually(() => heard.length === 1, { what: "a message from below" });
    expect(await publishes(connection, `${create}.>`)).toBe("allowed");
  });
});

describe("a revocation", () => {
  test("cuts the connected peer, refuses it later, also after a restart, and spares everybody else", async () => {
    verifies("TRUST-16", "TRUST-53");
    await using fixture = await startSpaceBroker();
    const [alice, bob] = [fixture.mint(reading), fixture.mint({ name: "bob" })];
    const [cut, spared] = [await fixture.connect(alice), await fixture.connect(bob)];
    const texts = statusesOf(cut);
    const before = performance.now();
    const space = await revoke(fixture.system, { ...fixture, id: alice.id, at: Date.now() });
    await cut.closed();
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(await texts).toContain("User Authentication Revoked");
    await expect(fixture.connect(alice)).rejects.toThrow(/Authorization Violation/);
    expect(spared.isClosed()).toBe(false);

    // What is minted for her afterwards counts, even in the same second.
    const again = mint(space, { profile: "agent", name: "alice", seed: seedIn(alice) }, Date.now());
    expect(again.id).toBe(alice.id);
    const back = await fixture.connect(again);
    const twice = await revoke(fixture.system, { trust: fixture.trust, space, id: alice.id, at: Date.now() });
    await back.closed();
    await expect(fixture.connect(again)).rejects.toThrow(/Authorization Violation/);

    await fixture.broker.kill();
    await fixture.broker.restart();
    await expect(fixture.connect(alice)).rejects.toThrow(/Authorization Violation/);
    await expect(fixture.connect(again)).rejects.toThrow(/Authorization Violation/);
    await fixture.connect(bob);
    expect((await refreshSpace(fixture.system, fixture.trust, fixture.space)).jwt).toBe(twice.jwt);
  });

  test("keeps what another revoker has revoked, although its own copy is old", async () => {
    verifies("TRUST-49");
    await using fixture = await startSpaceBroker();
    const users = ["a", "b", "c", "d"].map((name) => fixture.mint({ name }));
    for (const { id } of users) await revoke(fixture.system, { ...fixture, id, at: Date.now() });
    const { jwt } = await refreshSpace(fixture.system, fixture.trust, fixture.space);
    expect(Object.keys(readJwt("account", jwt).nats.revocations ?? {}).sort()).toEqual(
      users.map(({ id }) => id).sort(),
    );
    for (const user of users) await expect(fixture.connect(user)).rejects.toThrow(/Authorization Violation/);
  });

  test("made while the broker is down is in force once it starts with it", async () => {
    verifies("TRUST-16");
    const alice: Minted[] = [];
    await using fixture = await startSpaceBroker(({ trust, space }) => {
      const minted = mint(space, { profile: "agent", name: "alice" }, Date.now());
      alice.push(minted);
      return { trust, space: revokeOffline({ trust, space, id: minted.id, at: Date.now() }) };
    });
    for (const minted of alice) {
      await expect(fixture.connect(minted)).rejects.toThrow(/Authorization Violation/);
    }
    await fixture.connect(fixture.mint({}));
  });

  test("works beside thousands of others", async () => {
    verifies("TRUST-7", "TRUST-16");
    await using fixture = await startSpaceBroker();
    const { trust, space, system } = fixture;
    const { name, sub: subject, iat, nats } = readJwt("account", space.jwt);
    const { type: _, version: __, ...body } = nats;
    const ids = Array.from({ length: 5_000 }, (_, n) => `U${String(n).padStart(55, "A")}`);
    const revocations = Object.fromEntries(ids.map((id) => [id, Math.floor(Date.now() / 1000)]));
    const draft = {
      kind: "account",
      name,
      subject,
      body: { ...body, revocations },
      issuedAt: iat + 1,
    } as const;
    if (trust.operator.signing === undefined) throw new Error("the operator's signing key is missing");
    await pushAccount(system, signJwt(draft, trust.operator.signing));
    const alice = fixture.mint({});
    const connection = await fixture.connect(alice);
    await revoke(system, { trust, space, id: alice.id, at: Date.now() });
    await connection.closed();
    await expect(fixture.connect(alice)).rejects.toThrow(/Authorization Violation/);
  });

  test("is refused when the broker has taken what nobody of the operator signed", async () => {
    verifies("TRUST-49");
    await using fixture = await startSpaceBroker();
    const stranger = keyPairFromSeed(generateSeed("operator"));
    const { name, sub: subject, iat, nats } = readJwt("account", fixture.space.jwt);
    const { type: _, version: __, ...body } = nats;
    await pushAccount(
      fixture.system,
      signJwt({ kind: "account", name, subject, body, issuedAt: iat + 1 }, stranger),
    );
    await expect(
      revoke(fixture.system, { ...fixture, id: fixture.mint({}).id, at: Date.now() }),
    ).rejects.toMatchObject({ code: "foreign-issuer" });
  });
});

describe("a rotated key", () => {
  test("ends what the old one signed, unless that is kept", async () => {
    verifies("TRUST-50", "TRUST-44");
    await using fixture = await startSpaceBroker();
    const { trust } = fixture;
    const alice = fixture.mint(reading);
    const first = await fixture.connect(alice);
    const gentle = { trust, space: fixture.space, role: "agents", keepOld: true, at: Date.now() } as const;
    const space = await rotateKey(fixture.system, gentle);
    const bob = mint(space, { profile: "agent", name: "bob", ...reading }, Date.now());
    await fixture.connect(bob);
    await fixture.connect(alice);
    const last = await rotateKey(fixture.system, { ...gentle, space, keepOld: false });
    await first.closed();
    for (const user of [alice, bob]) {
      await expect(fixture.connect(user)).rejects.toThrow(/Authorization Violation/);
      expect(() => renew(last, user.creds.reveal(), Date.now())).toThrow(/no key held here/);
    }
    await fixture.connect(mint(last, { profile: "agent", name: "carol" }, Date.now()));
    await fixture.connect(mint(last, { profile: "delivery", name: "delivery" }, Date.now()));
  });

  test("of the operator, with a new system account, serves the users of before", async () => {
    verifies("TRUST-50", "TRUST-2");
    const before: Minted[] = [];
    await using fixture = await startSpaceBroker(({ trust, space }) => {
      before.push(mint(space, { profile: "agent", name: "alice" }, Date.now()));
      before.push(mintSystem(trust, { profile: "revoker", name: "old" }, Date.now()));
      const renewed = rotateOperator({ trust, spaces: [space] }, Date.now());
      const [first = space] = renewed.spaces;
      return { trust: renewed.trust, space: first };
    });
    const [alice, revoker] = before as [Minted, Minted];
    await fixture.connect(alice);
    await expect(fixture.connect(revoker)).rejects.toThrow(/Authorization Violation/);
    const probe = fixture.mint({ profile: "probe", name: "probe" });
    const asking = await fixture.connect(probe);
    const answer = await asking.request(`${probe.apiRoot.reveal()}.INFO`, "", { timeout: 10_000 });
    expect(answer.json()).toMatchObject({ streams: expect.any(Number) });
    await revoke(fixture.system, { ...fixture, id: alice.id, at: Date.now() });
    await expect(fixture.connect(alice)).rejects.toThrow(/Authorization Violation/);
  });
});

describe("a credential past its life", () => {
  test("ends its connection, is refused afterwards, and works again once renewed", async () => {
    verifies("TRUST-11");
    await using fixture = await startSpaceBroker();
    const short = fixture.mint({ ...reading, lifeMs: 2_000 });
    const connection = await fixture.connect(short);
    expect(await statusesOf(connection)).toContain("User Authentication Expired");
    await eventually(() => expect(fixture.connect(short)).rejects.toThrow(/Authorization Violation/), {
      what: "the refusal, which in the very second of its end is none yet",
    });
    const renewed = renew(fixture.space, short.creds.reveal(), Date.now());
    expect(renewed.id).toBe(short.id);
    const again = await fixture.connect(renewed);
    expect(await publishes(again, `cotal.acme.chat.${short.id}.Lab`)).toBe("allowed");
  });

  test("is told apart by the broker's words, which are these", async () => {
    await using fixture = await startSpaceBroker();
    const expiring = fixture.mint({ lifeMs: 1_000 });
    const [revoked, removed] = [fixture.mint({ name: "bob" }), fixture.mint({ name: "carol" })];
    const ends = await Promise.all([expiring, revoked, removed].map((user) => rawDialogue(fixture, user)));
    const [end] = ends;
    await revoke(fixture.system, { ...fixture, id: revoked.id, at: Date.now() });
    await end?.ended;
    const { trust, space } = fixture;
    await rotateKey(fixture.system, { trust, space, role: "agents", keepOld: false, at: Date.now() });
    const [atEnd, atRevocation, atRemoval] = await Promise.all(ends.map(({ ended }) => ended));
    expect(atEnd).toBe("-ERR 'User Authentication Expired'");
    expect(atRevocation).toBe("-ERR 'User Authentication Revoked'");
    // Without its key a user falls back to the limits of its token, which are none; often nothing is said at all.
    expect(["", "-ERR 'maximum subscriptions exceeded'"]).toContain(atRemoval);
    for (const user of [expiring, revoked, removed]) {
      // In the very second of its end a credential is taken and expires at once.
      await eventually(async () => {
        const { ended } = await rawDialogue(fixture, user);
        expect(await ended).toBe("-ERR 'Authorization Violation'");
      });
    }
  });
});
