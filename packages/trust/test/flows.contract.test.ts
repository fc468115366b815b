import { randomUUID } from "node:crypto";
import { type SpaceBroker, startSpaceBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ingestOfRegistry, ingestSecret, type Minted, type Profile } from "../src/index.ts";

interface Answer {
  readonly error?: { readonly err_code?: number; readonly description?: string };
  readonly seq?: number;
  readonly num_pending?: number;
}

let fixture: SpaceBroker;
let alice: Minted;
let bob: Minted;
let [asAlice, asBob] = [] as unknown as [NatsConnection, NatsConnection];

const stored = { storage: "file", max_bytes: 1024 * 1024, allow_direct: false };
const directory = "KV_cotal_directory_acme";

beforeAll(async () => {
  fixture = await startSpaceBroker();
  const setup = await as("setup");
  const streams = [
    { name: "CHAT_acme", subjects: ["cotal.acme.chat.>"] },
    { name: "DM_acme", subjects: ["cotal.acme.inst.>"] },
    { name: "TASK_acme", subjects: ["cotal.acme.svc.>"] },
  ];
  for (const stream of streams) await done(setup, `STREAM.CREATE.${stream.name}`, { ...stream, ...stored });
  const secret = ingestSecret(fixture.space, ingestOfRegistry(fixture.space, "directory"));
  const into = "$KV.cotal_directory_acme.>";
  await done(setup, `STREAM.CREATE.${directory}`, {
    ...stored,
    name: directory,
    subjects: [`in.${secret}.${into}`],
    subject_transform: { src: `in.${secret}.${into}`, dest: into },
    max_msgs_per_subject: 1,
  });
  const reading = { allowSubscribe: ["team.>", "lab"], allowPublish: ["team.a", "lab"] };
  alice = fixture.mint({ ...reading, role: "review" });
  bob = fixture.mint({ name: "bob", allowSubscribe: ["lab"] });
  const provisioner = await as("provisioner");
  for (const { id } of [alice, bob]) {
    await done(provisioner, `CONSUMER.CREATE.DM_acme.dm_${id}.cotal.acme.inst.${id}.*`, {
      stream_name: "DM_acme",
      config: { durable_name: `dm_${id}`, filter_subject: `cotal.acme.inst.${id}.*`, ack_policy: "explicit" },
    });
    const record = `in.${secret}.$KV.cotal_directory_acme.${id}`;
    expect(((await provisioner.request(record, "{}")).json() as Answer).seq).toBeGreaterThan(0);
  }
  [asAlice, asBob] = [await fixture.connect(alice), await fixture.connect(bob)];
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** Where privileged connections ask; all others ask where all peers do. */
const rootOf = new WeakMap<NatsConnection, string>();

async function as(profile: Profile): Promise<NatsConnection> {
  const minted = fixture.mint({ profile, name: "n" });
  const connection = await fixture.connect(minted);
  rootOf.set(connection, minted.apiRoot.reveal());
  return connection;
}

async function api(connection: NatsConnection, subject: string, body: object = {}): Promise<Answer> {
  // A consumer itself listens at the broker's own place.
  const root = subject.startsWith("CONSUMER.RESET.") ? "$JS.API" : (rootOf.get(connection) ?? "js");
  const answer = await connection.request(`${root}.${subject}`, JSON.stringify(body), { timeout: 10_000 });
  return answer.json();
}

async function done(connection: NatsConnection, subject: string, body?: object): Promise<Answer> {
  const answer = await api(connection, subject, body);
  expect([subject, answer.error]).toEqual([subject, undefined]);
  return answer;
}

async function next(
  connection: NatsConnection,
  stream: string,
  consumer: string,
): Promise<{ subject: string; ack: string }> {
  const inbox = `_INBOX_${consumer.slice(-56)}`;
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  const message = await connection.request(subject, '{"batch":1,"expires":9000000000}', {
    timeout: 10_000,
    noMux: true,
    reply: `${inbox}.${randomUUID()}`,
  });
  return { subject: message.subject, ack: message.reply ?? "" };
}

function historyOf(id: string, filter: string): [string, object] {
  const config = { name: `hist_${id}`, filter_subject: filter, ack_policy: "none", mem_storage: true };
  return [`CONSUMER.CREATE.CHAT_acme.hist_${id}.${filter}`, { stream_name: "CHAT_acme", config }];
}

describe("with the rights of its profile", () => {
  test("an agent sends, and its peer takes and settles the message from its own queue", async () => {
    verifies("TRUST-28", "TRUST-32");
    const sent = await asAlice.request(`cotal.acme.inst.${bob.id}.${alice.id}`, "hello");
    expect((sent.json() as Answer).seq).toBeGreaterThan(0);
    const { subject, ack } = await next(asBob, "DM_acme", `dm_${bob.id}`);
    expect(subject).toBe(`cotal.acme.inst.${bob.id}.${alice.id}`);
    expect(ack.split(".").slice(0, 4)).toEqual(["$JS", "ACK", "DM_acme", `dm_${bob.id}`]);
    expect(ack.split(".")).toHaveLength(9);
    // "+ACK" with a reply is answered by the broker.
    await asBob.request(ack, "+ACK", { timeout: 10_000 });
    const info = await done(asBob, `CONSUMER.INFO.DM_acme.dm_${bob.id}`);
    expect(info).toMatchObject({ num_ack_pending: 0, num_pending: 0 });
  });

  test("an agent reads back the channels that it may read, and itself", async () => {
    await asAlice.request(`cotal.acme.chat.${alice.id}.team.a`, "post");
    await asAlice.request(`cotal.acme.chat.${alice.id}.lab`, "post");
    await done(asAlice, ...historyOf(alice.id, "cotal.acme.chat.*.team.>"));
    expect((await next(asAlice, "CHAT_acme", `hist_${alice.id}`)).subject).toContain("team.a");
    await done(asAlice, `CONSUMER.DELETE.CHAT_acme.hist_${alice.id}`);
    await done(asBob, ...historyOf(bob.id, "cotal.acme.chat.*.lab"));
    expect((await next(asBob, "CHAT_acme", `hist_${bob.id}`)).subject).toContain(".lab");
    const filter = `cotal.acme.chat.${alice.id}.>`;
    await done(asAlice, `CONSUMER.CREATE.CHAT_acme.sent_${alice.id}.${filter}`, {
      stream_name: "CHAT_acme",
      config: { name: `sent_${alice.id}`, filter_subject: filter, ack_policy: "none" },
    });
    await next(asAlice, "CHAT_acme", `sent_${alice.id}`);
  });

  test("an agent watches a registry, also from a later place", async () => {
    const place = `${directory}.w_${alice.id}`;
    const filter = "$KV.cotal_directory_acme.>";
    const config = { name: `w_${alice.id}`, filter_subject: filter, ack_policy: "none", mem_storage: true };
    const made = await done(asAlice, `CONSUMER.CREATE.${place}.${filter}`, {
      stream_name: directory,
      config,
    });
    expect(made.num_pending).toBe(2);
    expect((await next(asAlice, directory, `w_${alice.id}`)).subject).toBe(
      `$KV.cotal_directory_acme.${alice.id}`,
    );
    await done(asAlice, `CONSUMER.RESET.${place}`, { seq: 2 });
    expect((await next(asAlice, directory, `w_${alice.id}`)).subject).toBe(
      `$KV.cotal_directory_acme.${bob.id}`,
    );
  });

  test("a provisioner takes back what it made", async () => {
    const provisioner = await as("provisioner");
    const carol = fixture.mint({ name: "carol" });
    const [name, filter] = [`dm_${carol.id}`, `cotal.acme.inst.${carol.id}.*`];
    const config = { durable_name: name, filter_subject: filter, ack_policy: "explicit" };
    await done(provisioner, `CONSUMER.CREATE.DM_acme.${name}.${filter}`, { stream_name: "DM_acme", config });
    await done(provisioner, `CONSUMER.DELETE.DM_acme.${name}`);
  });

  test("nobody makes a stream without a limit in bytes", async () => {
    verifies("TRUST-27");
    const { max_bytes: _, ...unbounded } = stored;
    const stream = { name: "DEAD_acme", subjects: ["x"], ...unbounded };
    const { error } = await api(await as("setup"), "STREAM.CREATE.DEAD_acme", stream);
    expect(error?.description).toContain("requires a stream config to have max bytes set");
    const large = { ...stream, max_bytes: 16 * 1024 ** 3 };
    expect((await api(await as("setup"), "STREAM.CREATE.DEAD_acme", large)).error).toBeDefined();
  });

  test("a consumer gets the filter and the name that its subject has, whatever the request says", async () => {
    verifies("TRUST-30", "TRUST-31");
    const [subject, body] = historyOf(bob.id, "cotal.acme.chat.*.lab");
    const wide = { ...body, config: { name: `hist_${bob.id}`, filter_subject: "cotal.acme.chat.>" } };
    expect((await api(asBob, subject, wide)).error).toBeDefined();
    const none = { ...body, config: { name: `hist_${bob.id}` } };
    expect((await api(asBob, subject, none)).error).toBeDefined();
    const other = { ...body, config: { name: `dlv_${bob.id}`, filter_subject: "cotal.acme.chat.*.lab" } };
    // The name in the subject, which the right pins, is the one that counts.
    expect(await api(asBob, subject, other)).toMatchObject({ name: `hist_${bob.id}` });
    const durable = { ...body, config: { ...other.config, durable_name: `dlv_${bob.id}` } };
    expect((await api(asBob, subject, durable)).error).toBeDefined();
  });
});
