import { allTargets, eventually, may, type Target } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { registryNames } from "@cotal/subjects";
import { ingestOfRegistry, ingestOfShard, ingestSecret, type Profile, profileNames } from "@cotal/trust";
import { type Route, readControlReply, readPresence, readPresenceDigest, verifyDelivery } from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { composed, space, unsigned } from "./cast.ts";
import { connectRaw, type RawMessage } from "./raw-user.ts";
import { type AttackedSpace, startAttackedSpace } from "./space.ts";
import { kindOf, type Names, realSubject, userOf } from "./users.ts";

let attacked: AttackedSpace;
let cases = 0;
let peer = "";
const configs = new Map<string, object>();

/** Agents write these; of the others each passes a secret ingest. */
const open = ["CHAT_acme", "DM_acme", "TASK_acme", "KV_cotal_presence_acme"];
const presenceKey = "$KV.cotal_presence_acme.";

beforeAll(async () => {
  attacked = await startAttackedSpace();
  peer = attacked.fixture.mint({ name: "peer" }).id;
  for (const stream of attacked.streams) {
    const { config } = (await attacked.api(`STREAM.INFO.${stream}`)) as { config?: object };
    configs.set(stream, { ...config });
  }
  await fillClosed();
});
afterAll(async () => {
  await attacked[Symbol.asyncDispose]();
  process.stdout.write(`${cases} replies aimed at what is protected\n`);
});

/** Something that could be lost or overwritten, in each store behind an ingest. */
async function fillClosed(): Promise<void> {
  const { root, fixture } = attacked;
  const put = async (resource: string, stored: string): Promise<void> => {
    const into = `in.${ingestSecret(fixture.space, resource)}.${stored}`;
    const answer = await root.request(into, '{"kept":true}', { timeout: 20_000 });
    expect(answer.json()).not.toHaveProperty("error");
  };
  for (const registry of registryNames.filter((name) => name !== "presence")) {
    await put(ingestOfRegistry(fixture.space, registry), `$KV.cotal_${registry}_acme.${peer}`);
  }
  for (const shard of [0, 1]) {
    const resource = ingestOfShard(fixture.space, shard);
    const into = `${shard}.cotal.acme.dlv.${peer}.team.a`;
    await put(resource, into);
  }
}

function presenceOf(id: string): string {
  const card = { id, name: "n", kind: "agent", protocolVersion: "1" };
  return JSON.stringify({ card, status: "idle", ts: 1 });
}

/** Bodies with which the broker, or a receiver, does something. */
function bodiesOf(target: Target, { own, reply }: { own: string; reply: string }): string[] {
  switch (target.what) {
    case "post":
    case "direct":
    case "work":
      return [composed({ id: own } as never, { channel: "lab" }).bytes.toString()];
    case "key":
      return [presenceOf(own)];
    case "question":
      return [JSON.stringify({ v: 1, id: "q1", op: "pay", from: { id: own, name: "n" } })];
    case "answer":
      return ['{"v":1,"ok":true,"data":"forged"}'];
    case "ack":
      return ["+ACK", "-NAK", '+NXT {"batch":1,"no_wait":true}', "+TERM"];
    case "consumer":
      return [target.verb === "MSG.NEXT" ? '{"batch":5,"no_wait":true}' : "{}"];
    case "create":
      return consumersFor(target, reply);
    case "stream":
      if (target.verb === "MSG.GET") return ['{"seq":1}'];
      return [JSON.stringify(configs.get(streamIn(target)) ?? {})];
    default:
      return ['{"v":1}'];
  }
}

/** One that waits to be asked, and one that sends by itself to where the reply goes. */
function consumersFor(target: Target & { what: "create" }, reply: string): string[] {
  const [stream = "", name, ...filter] = realSubject(attacked, target, { own: "own", peer: "peer" })
    .replace(/^.*CONSUMER\.CREATE\./, "")
    .split(".");
  const config = { name, filter_subject: filter.join("."), ack_policy: "none", mem_storage: true };
  return [config, { ...config, deliver_subject: reply }].map((made) =>
    JSON.stringify({ stream_name: stream, config: made }),
  );
}

function streamIn(target: Target): string {
  return realSubject(attacked, target, { own: "", peer: "" }).split(".").at(-1) ?? "";
}

/** Everything that is stored, asked, answered or changed under a fixed name, own and foreign, and wildcards over it. */
function protectedSubjects(profile: Profile, names: Names): string[] {
  const canPull = pulls(profile);
  const targets = allTargets().filter((target) => isProtected(target, canPull));
  const stored = [...configs.values()].flatMap((config) => (config as { subjects: string[] }).subjects);
  // The secrets themselves are what an attacker does not have.
  const wildcards = stored.map((subject) => subject.replace(/^in\.[^.]+/, "in.*"));
  return [...new Set([...targets.map((target) => realSubject(attacked, target, names)), ...wildcards])];
}

/** An acknowledgement is out of reach of those alone who cannot be answered with nothing; a secret, of everybody. */
function isProtected(target: Target, canPull: boolean): boolean {
  const named = "name" in target && ["dm", "dlv", "svc"].includes(target.name);
  switch (target.what) {
    case "stream":
      return target.door !== "admin" && !target.verb.startsWith("LEADER");
    case "consumer":
      return target.door !== "admin" && target.verb === "DELETE" && named;
    case "ack":
      return !canPull && target.who === "peer" && named;
    case "api":
      return !target.subject.startsWith("adm.");
    case "create":
    case "system":
      return false;
    default:
      return true;
  }
}

/** Whether it may pull or acknowledge: the broker has answers to both that are empty. */
function pulls(profile: Profile): boolean {
  return allTargets().some(
    (target) =>
      (target.what === "ack" || (target.what === "consumer" && target.verb === "MSG.NEXT")) &&
      may(profile, { verb: "publish", target }),
  );
}

/** Stores that stand for all others of their sort, where an order to the broker takes long. */
const samples: ReadonlySet<string> = new Set(["chat", "dm", "task", "dead", "dlv0", "acl", "presence"]);

/** What a profile may publish, one of each kind. Of the stores that it may remove, one is. */
function granted(profile: Profile): Target[] {
  const fits = (target: Target): boolean => {
    if (target.what === "stream" && target.verb === "DELETE") return target.of === "dead";
    if (target.what === "stream" && target.verb === "UPDATE") return target.of === "acl";
    return !("of" in target) || samples.has(target.of);
  };
  const all = allTargets().filter((target) => fits(target) && may(profile, { verb: "publish", target }));
  return [...new Map(all.map((target) => [kindOf(target), target])).values()];
}

/** What may go because its very right is to remove it. */
function removable(profile: Profile): Set<string> {
  const removing = granted(profile).filter(
    (target) => target.what === "stream" && ["DELETE", "PURGE"].includes(target.verb),
  );
  return new Set(removing.map(streamIn));
}

/** State and last entry of each stream. */
async function pictures(streams: readonly string[]): Promise<object> {
  const states = await attacked.states(streams);
  const lasts = streams.map(async (stream) => {
    const { message } = (await attacked.api(`STREAM.MSG.GET.${stream}`, {
      seq: states[stream]?.last_seq,
    })) as { message?: object };
    // How many read it is nothing of what it holds.
    return [stream, { ...states[stream], consumer_count: 0, message }] as const;
  });
  return Object.fromEntries(await Promise.all(lasts));
}

/** What came into a stream from a place on, as one reads who may read all of it. */
async function entriesFrom(stream: string, first: number): Promise<Msg[]> {
  const { root, api } = attacked;
  const inbox = `read.${stream}.${first}`;
  const read: Msg[] = [];
  const subscription = root.subscribe(inbox, { callback: (_, message) => void read.push(message) });
  await root.flush();
  const start = { deliver_policy: "by_start_sequence", opt_start_seq: first };
  const config = { ...start, ack_policy: "none", deliver_subject: inbox, mem_storage: true };
  const made = (await api(`CONSUMER.CREATE.${stream}`, { stream_name: stream, config })) as {
    num_pending?: number;
    name?: string;
  };
  await eventually(() => read.length >= (made.num_pending ?? 0), { what: `the entries of ${stream}` });
  subscription.unsubscribe();
  await api(`CONSUMER.DELETE.${stream}.${made.name}`);
  return read;
}

const routes: Readonly<Record<string, Route>> = {
  CHAT_acme: { kind: "channel", space, covers: () => true },
  DM_acme: { kind: "dm", space, owner: "*" },
  TASK_acme: { kind: "anycast", space, role: "*" },
};

/** Whether a reader would believe that somebody else than the user has written this. */
function isForged(stream: string, { subject, headers, data: bytes }: Msg, own: string): boolean {
  const route = routes[stream];
  if (route !== undefined) {
    const verdict = verifyDelivery({ subject, headers, bytes, route, policy: unsigned });
    return verdict.verdict !== "reject" && !("sender" in verdict && verdict.sender === own);
  }
  if (!subject.startsWith(presenceKey) || readPresence(bytes).kind !== "read") return false;
  // A record that its owner has written may be stored again.
  return Buffer.from(bytes).toString() !== presenceOf(subject.slice(-own.length));
}

/** What is heard where nothing is stored: a digest or an answer that a receiver would believe. */
function isBelieved({ subject, data }: Msg): boolean {
  if (subject.endsWith(".digest")) return readPresenceDigest(data).kind === "read";
  return subject.includes(".reply.") && readControlReply(data).kind === "read";
}

function maySay(targets: readonly Target[], { subject }: Msg): boolean {
  const what = subject.endsWith(".digest") ? "digest" : "answer";
  return targets.some((target) => target.what === what);
}

test.each(profileNames)(
  "no answer to anything that the profile %s may publish forges or removes",
  async (profile) => {
    verifies("TRUST-41", "TRUST-46");
    const { root, api, streams } = attacked;
    for (const queue of open.slice(0, 3)) await api(`STREAM.PURGE.${queue}`);
    const minted = userOf(attacked, profile);
    const names = { own: minted.id, peer };
    const user = await connectRaw(attacked.fixture, minted);
    const gone = removable(profile);
    const closed = streams.filter((stream) => !open.includes(stream) && !gone.has(stream));
    const before = await pictures(closed);
    const starts = await attacked.states(open);
    const heard: Msg[] = [];
    const ears = ["cotal.acme.presence.digest", "cotal.acme.ctl.*.*.reply.>"].map((subject) =>
      root.subscribe(subject, { callback: (_, message) => void heard.push(message) }),
    );
    await root.flush();
    const targets = granted(profile);
    for (const reply of protectedSubjects(profile, names)) {
      const messages = targets.flatMap((target): RawMessage[] => {
        const subject = realSubject(attacked, target, names);
        return bodiesOf(target, { own: minted.id, reply }).map((body) => ({
          subject,
          reply,
          body: body.replaceAll("own", minted.id).replaceAll("peer", peer),
        }));
      });
      cases += messages.length;
      expect([reply, ...(await user.publish(messages))]).toEqual([reply]);
      // The broker drops requests when too many wait; these wait for those before them.
      await api("CONSUMER.DELETE.CHAT_acme.none");
      await api("STREAM.INFO.CHAT_acme");
    }
    await user.close();
    await root.flush();
    for (const ear of ears) ear.unsubscribe();
    expect(await pictures(closed)).toEqual(before);
    for (const stream of open) {
      const entries = await entriesFrom(stream, (starts[stream]?.last_seq ?? 0) + 1);
      const forged = entries.filter((entry) => isForged(stream, entry, minted.id));
      expect(forged.map(({ subject, string }) => [stream, subject, string]).slice(0, 5)).toEqual([]);
    }
    const believed = heard.filter((message) => isBelieved(message) && !maySay(targets, message));
    expect(believed.map(({ subject }) => subject)).toEqual([]);
  },
);
