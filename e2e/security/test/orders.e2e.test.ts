import { randomUUID } from "node:crypto";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { adminApi, exportSigner, readJwt, signJwt, type Trust } from "@cotal/trust";
import type { Msg } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import { type Cast, type Peer, startCast } from "./cast.ts";
import type { AttackedSpace } from "./space.ts";

/** Asks the own queue for one entry, and gives what it says. */
async function askQueue({ id, connection }: Peer, order: object): Promise<Msg> {
  const queue = `$JS.API.CONSUMER.MSG.NEXT.DM_acme.dm_${id}`;
  const reply = `_INBOX_${id}.${randomUUID()}`;
  return await connection.request(queue, JSON.stringify(order), { timeout: 20_000, noMux: true, reply });
}

/** Takes one entry from the own queue of direct messages. */
async function takeNext(peer: Peer): Promise<Msg> {
  await peer.ask(`cotal.acme.inst.${peer.id}.${peer.id}`, "to myself");
  return await eventually(async () => {
    const next = await askQueue(peer, { batch: 1, expires: 19_000_000_000 });
    // What has no reply is no entry, but a word of the broker about the question.
    if (!next.reply) throw new Error(`the queue answered ${next.headers?.code} ${next.headers?.description}`);
    return next;
  });
}

/** Acknowledges an own entry, so that the empty answer goes to `subject`. */
async function acknowledgeTo({ mallory }: Cast, subject: string): Promise<void> {
  const { reply = "" } = await takeNext(mallory);
  mallory.connection.publish(reply, "+ACK", { reply: subject });
}

/** Pulls where there is nothing, so that the empty answer goes to `subject`. */
async function pullTo({ mallory }: Cast, subject: string): Promise<void> {
  const empty = { batch: 1, no_wait: true };
  const queue = `$JS.API.CONSUMER.MSG.NEXT.DM_acme.dm_${mallory.id}`;
  mallory.connection.publish(queue, JSON.stringify(empty), { reply: subject });
  // A queue takes its pulls one after the other, but not before what is sent to it next is stored.
  expect((await askQueue(mallory, empty)).headers?.code).toBe(404);
}

/** The roots under which somebody may try: the broker's own, that of all peers, and a guess. */
const roots = ["$JS.API", "js", "adm.guess", "adm.*", "$JS.API.VOID"];
const ordersFor = (bob: string): readonly string[] =>
  roots.flatMap((root) => [
    `${root}.STREAM.PURGE.CHAT_acme`,
    `${root}.CONSUMER.DELETE.DM_acme.dm_${bob}`,
    `${root}.STREAM.DELETE.KV_cotal_acl_acme`,
  ]);

interface Standing {
  readonly posts: number;
  readonly queue: boolean;
  readonly acl: boolean;
}

async function standing({ attacked, bob, messagesIn }: Cast): Promise<Standing> {
  const isThere = async (asked: string): Promise<boolean> => (await attacked.api(asked)).error === undefined;
  return {
    posts: await messagesIn("CHAT_acme"),
    queue: await isThere(`CONSUMER.INFO.DM_acme.dm_${bob.id}`),
    acl: await isThere("STREAM.INFO.KV_cotal_acl_acme"),
  };
}

describe("an answer with nothing in it that is aimed at the broker's own orders", () => {
  test.each([
    ["of an acknowledgement", acknowledgeTo],
    ["of a pull that finds nothing", pullTo],
  ] as const)("%s removes nothing", async (_, aim) => {
    verifies("TRUST-36", "TRUST-70");
    await using cast = await startCast();
    const { bob, mallory } = cast;
    await bob.ask(`cotal.acme.chat.${bob.id}.lab`);
    for (const order of ordersFor(bob.id)) await aim(cast, order);
    await mallory.connection.flush();
    // The broker has dealt with what came before when it has dealt with this.
    await takeNext(mallory);
    expect(await standing(cast)).toEqual({ posts: 1, queue: true, acl: true });
  });

  test("control: where the broker's own place is open, it is carried out", async () => {
    verifies("TRUST-37", "TRUST-70");
    await using cast = await startCast(withoutDoors);
    const { bob } = cast;
    await bob.ask(`cotal.acme.chat.${bob.id}.lab`);
    await acknowledgeTo(cast, "$JS.API.STREAM.PURGE.CHAT_acme");
    await pullTo(cast, `$JS.API.CONSUMER.DELETE.DM_acme.dm_${bob.id}`);
    await acknowledgeTo(cast, "$JS.API.STREAM.DELETE.KV_cotal_acl_acme");
    await eventually(async () =>
      expect(await standing(cast)).toEqual({ posts: 0, queue: false, acl: false }),
    );
  });

  test("what all peers may reach does no more than to end a reading that somebody begins anew", async () => {
    verifies("TRUST-75");
    await using cast = await startCast();
    const { attacked, mallory } = cast;
    const { imports = [] } = readJwt("account", attacked.fixture.space.jwt).nats;
    const open = imports.map((door) => door.local_subject).filter((local) => local.startsWith("js."));
    expect(open.sort()).toEqual([
      "js.CONSUMER.CREATE.>",
      "js.CONSUMER.DELETE.CHAT_acme.*",
      "js.CONSUMER.INFO.*.*",
    ]);
    const before = await attacked.states(attacked.streams);
    for (const subject of [
      "js.CONSUMER.CREATE.CHAT_acme.x.cotal.acme.chat.>",
      "js.CONSUMER.INFO.DM_acme.x",
    ]) {
      await pullTo(cast, subject);
    }
    await mallory.connection.flush();
    expect(await attacked.states(attacked.streams)).toEqual(before);
  });
});

test("the secret of the API is held where it is asked for, and by no host of agents", async () => {
  verifies("TRUST-76");
  await using cast = await startCast();
  const { fixture } = cast.attacked;
  const whole = adminApi(fixture.space);
  for (const kind of ["delivery", "manager"] as const) {
    expect(adminApi(exportSigner(fixture, kind).space)).toBe(whole);
  }
  expect(() => adminApi(exportSigner(fixture, "agents").space)).toThrow(/may not write/);
  const guess = `adm.${"A".repeat(43)}.STREAM.PURGE.CHAT_acme`;
  await pullTo(cast, guess);
  expect(whole).toMatch(/^adm\.[\w-]{43}$/);
});

type Keys = Pick<AttackedSpace["fixture"], "trust" | "space">;

/** An account as it would be without the counter-measure: the API of the streams where the broker has it. */
function withoutDoors({ trust, space }: Keys): Keys {
  const { name, sub, iat, nats } = readJwt("account", space.jwt);
  const { type: _, version: __, imports = [], ...body } = nats;
  // The privileged door stays, so that the set-up is done as it always is.
  const kept = imports.filter(
    (door) => door.local_subject.startsWith("adm.") || door.local_subject.startsWith("js."),
  );
  const draft = {
    kind: "account",
    name,
    subject: sub,
    body: { ...body, imports: kept },
    issuedAt: iat,
  } as const;
  return { trust, space: { ...space, jwt: signJwt(draft, signerOf(trust)) } };
}

function signerOf({ operator }: Trust): NonNullable<Trust["operator"]["signing"]> {
  if (operator.signing === undefined) throw new Error("the signer of the operator is missing");
  return operator.signing;
}
