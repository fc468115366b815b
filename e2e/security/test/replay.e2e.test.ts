import { randomUUID } from "node:crypto";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import {
  createReplayGuard,
  createSignatureVerifier,
  freshnessWindowMs,
  header,
  type Policy,
  type ReplayGuard,
  type Verdict,
  verifyDelivery,
} from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { composed, labRoute, listenTo, type Peer, signed, startCast, unsigned } from "./cast.ts";

const inLab = "cotal.acme.chat.*.lab";
const replayed = { verdict: "reject", reason: "replayed" };

/** What a receiver says to a message. The signature is held against a clock that is `lateMs` ahead. */
function judge(
  { subject, headers, data: bytes }: Msg,
  { guard, lateMs = 0, storedAt }: { guard?: ReplayGuard; lateMs?: number; storedAt?: number } = {},
): Verdict {
  const signatures = createSignatureVerifier({ now: () => Date.now() + lateMs });
  const policy: Policy = { ...unsigned, signatures, guard };
  return verifyDelivery({ subject, headers, bytes, route: labRoute, policy, storedAt });
}

function judgeUnsigned({ subject, headers, data: bytes }: Msg): Verdict {
  return verifyDelivery({ subject, headers, bytes, route: labRoute, policy: unsigned });
}

const postsOf = ({ id }: Peer): string => `cotal.acme.chat.${id}.lab`;

async function postSigned({ minted, ask }: Peer, { withId }: { withId: boolean }): Promise<void> {
  const post = composed(minted, { channel: "lab" });
  const { [header.dedupeId]: id = "", ...fields } = await signed(minted, post);
  const all = withId ? { ...fields, [header.dedupeId]: id } : fields;
  expect((await ask(post.subject, post.bytes, all)).error).toBeUndefined();
}

/** The reader of the channel that every agent may make. */
async function openHistory({ id, ask }: Peer): Promise<string> {
  const name = `hist_${id}`;
  const config = { name, filter_subject: inLab, ack_policy: "none", mem_storage: true };
  const order = JSON.stringify({ stream_name: "CHAT_acme", config });
  await ask(`js.CONSUMER.DELETE.CHAT_acme.${name}`, "");
  expect((await ask(`js.CONSUMER.CREATE.CHAT_acme.${name}.${inLab}`, order)).error).toBeUndefined();
  return name;
}

/** Reads on, as a peer reads history. */
async function readNext({ id, connection }: Peer, consumer: string): Promise<Msg> {
  return connection.request(
    `$JS.API.CONSUMER.MSG.NEXT.CHAT_acme.${consumer}`,
    '{"batch":1,"expires":19000000000}',
    { timeout: 20_000, noMux: true, reply: `_INBOX_${id}.${randomUUID()}` },
  );
}

/** When the broker has stored it, as the reply subject of an entry tells. */
function storedAtOf({ reply = "" }: Msg): number {
  return Number(reply.split(".").at(-2)) / 1e6;
}

test("a signed post that a reader throws at the listeners again is told by those who remember it", async () => {
  verifies("TRUST-36", "TRUST-37");
  await using cast = await startCast();
  const { alice, bob, mallory } = cast;
  const ear = await listenTo(bob);
  await postSigned(alice, { withId: true });
  const guard = createReplayGuard();
  const post = await ear.nth(1);
  expect(judge(post, { guard })).toMatchObject({ verdict: "ok", sender: alice.id });

  mallory.throwNext("CHAT_acme", await openHistory(mallory), postsOf(mallory));
  const again = await ear.nth(2);
  ear.stop();
  expect([again.subject, again.string()]).toEqual([post.subject, post.string()]);
  expect(judge(again, { guard })).toEqual(replayed);
  expect(judge(again, { lateMs: freshnessWindowMs + 1000 })).toEqual(replayed);
  // Controls: without the memory, and without signatures.
  expect(judge(again)).toMatchObject({ verdict: "ok", sender: alice.id });
  expect(judgeUnsigned(again)).toMatchObject({ verdict: "ok", sender: alice.id });
  // For two minutes the stream knows its id as well.
  await mallory.ask(postsOf(mallory), "after it");
  expect(await cast.messagesIn("CHAT_acme")).toBe(2);
});

test("a signed post that is stored a second time is told by its readers", async () => {
  verifies("TRUST-36", "TRUST-37");
  await using cast = await startCast();
  const { alice, bob, mallory, messagesIn } = cast;
  // Without the id by which the stream would know it: the broker forgets that one after two minutes.
  await postSigned(alice, { withId: false });
  mallory.throwNext("CHAT_acme", await openHistory(mallory), postsOf(mallory));
  await eventually(async () => expect(await messagesIn("CHAT_acme")).toBe(2));

  const history = await openHistory(bob);
  const first = await readNext(bob, history);
  const second = await readNext(bob, history);
  expect([second.subject, second.string()]).toEqual([first.subject, first.string()]);
  const guard = createReplayGuard();
  expect(judge(first, { guard, storedAt: storedAtOf(first) })).toMatchObject({ verdict: "ok" });
  const storedAt = storedAtOf(second);
  expect(judge(second, { guard, storedAt })).toEqual(replayed);
  // As it is once the true window of the stream is over, which is no shorter than that of freshness.
  expect(judge(second, { storedAt: storedAt + freshnessWindowMs })).toEqual(replayed);
  // Controls: without the memory, and without signatures.
  expect(judge(second, { storedAt })).toMatchObject({ verdict: "ok", sender: alice.id });
  expect(judgeUnsigned(second)).toMatchObject({ verdict: "ok", sender: alice.id });
});
