import { withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { createScope, requestApi, type Session, systemClock } from "@cotal/session";
import { asToken, bucketName, type Channel, registryKey, streamApi, streamName } from "@cotal/subjects";
import { expect, test } from "vitest";
import { ensureSpace } from "../src/ensure-space.ts";
import { type MemberRecord, membersRegistry } from "../src/members.ts";
import { createRegistryView, type RegistryView } from "../src/registry-view.ts";
import { createRegistryWriter } from "../src/registry-writer.ts";
import { member, owner } from "./records.ts";
import { newId, secretOf, specOf } from "./support.ts";

const broker = brokerOfFile();
const space = asToken("space", "acme");
const stream = streamName.registry(space, "members");

test.each(["some", "all"])(
  "a load is over though %s of what it waits for is gone meanwhile",
  async (part) => {
    verifies("REG-23");
    await withSession(broker().url, async (session) => {
      await ensureSpace(session, specOf("acme"));
      const secret = secretOf(bucketName(space, "members"));
      const writer = createRegistryWriter(membersRegistry, { space, secret });
      const keys = (["a", "b"] as Channel[]).map((channel) => registryKey.member(owner, channel));
      for (const [at, key] of keys.entries()) {
        await writer.put(session, key, { ...member, channel: ["a", "b"][at] as Channel });
      }
      const filter = part === "all" ? {} : { filter: `$KV.${bucketName(space, "members")}.${keys[1]}` };
      const removing = beforePull(session, () => requestApi(session, `STREAM.PURGE.${stream}`, filter));
      const view = createRegistryView(membersRegistry, { space, clock: systemClock });
      await view.attach(removing, { id: newId() });
      const left = view.entries().map(({ lookup }) => lookup.key);
      expect(left).toEqual(part === "all" ? [] : [keys[0]]);
      expect(view.get(keys[1] ?? "")).toMatchObject({ kind: "absent" });
    });
  },
);

test("a watch that nobody has read from opens with one question, one that was read from begins anew", async () => {
  verifies("REG-23");
  await withSession(broker().url, async (session) => {
    await ensureSpace(session, specOf("anew"));
    const anew = asToken("space", "anew");
    const secret = secretOf(bucketName(anew, "members"));
    const key = registryKey.member(owner, "a" as Channel);
    const writer = createRegistryWriter(membersRegistry, { space: anew, secret });
    await writer.put(session, key, { ...member, channel: "a" as Channel });
    const id = newId();
    const verbsOfLoad = async (): Promise<readonly string[]> => {
      await using scope = createScope({ clock: systemClock, onFault: () => undefined });
      const { listening, verbs } = listenedTo({ ...session, scope });
      const view = createRegistryView(membersRegistry, { space: anew, clock: systemClock });
      await view.attach(listening, { id });
      expect(view.get(key)).toMatchObject({ kind: "found" });
      return verbs;
    };
    expect(await verbsOfLoad()).toEqual(["CREATE"]);
    expect(await verbsOfLoad()).toEqual(["CREATE", "RESET"]);
  });
});

test("a watch that was resumed and then left is read from its beginning by whoever comes next", async () => {
  verifies("REG-23", "REG-24");
  const left = asToken("space", "left");
  const key = registryKey.member(owner, "a" as Channel);
  const id = newId();
  const seenBy = async (view: RegistryView<MemberRecord>): Promise<unknown> =>
    await withSession(broker().url, async (session) => {
      await view.attach(session, { id });
      return view.get(key).kind;
    });
  await withSession(broker().url, async (session) => {
    await ensureSpace(session, specOf("left"));
    const secret = secretOf(bucketName(left, "members"));
    const writer = createRegistryWriter(membersRegistry, { space: left, secret });
    await writer.put(session, key, { ...member, channel: "a" as Channel });
  });
  const first = createRegistryView(membersRegistry, { space: left, clock: systemClock });
  expect(await seenBy(first)).toBe("found");
  // It goes on behind what it knows, where there is nothing to be handed out.
  expect(await seenBy(first)).toBe("found");
  expect(await seenBy(createRegistryView(membersRegistry, { space: left, clock: systemClock }))).toBe(
    "found",
  );
});

test("the broker says of a silent watch every five seconds that it is there, and no oftener", async () => {
  verifies("REG-47");
  const quiet = asToken("space", "quiet");
  await withSession(broker().url, async (session) => {
    await ensureSpace(session, specOf("quiet"));
    const next = streamApi.next({ stream: streamName.registry(quiet, "members"), consumer: "*" });
    const asked = (async () => {
      for await (const { data } of session.connection.subscribe(next, { max: 1 }))
        return JSON.parse(new TextDecoder().decode(data)).idle_heartbeat;
    })();
    const view = createRegistryView(membersRegistry, { space: quiet, clock: systemClock });
    await view.attach(session, { id: newId() });
    expect(await asked).toBe(5e9);
  });
});

/** The same session, and what is asked on it. */
function listenedTo(session: Session): { readonly listening: Session; readonly verbs: readonly string[] } {
  const verbs: string[] = [];
  const { requests } = session;
  const ask: typeof requests.ask = (question) => {
    verbs.push(/CONSUMER\.(\w+)/.exec(question.subject)?.[1] ?? question.subject);
    return requests.ask(question);
  };
  return { listening: { ...session, requests: { ask, waiting: 0 } }, verbs };
}

/** The same session, on which something happens before entries are asked for the first time. */
function beforePull(session: Session, happen: () => Promise<unknown>): Session {
  let happened: Promise<unknown> | undefined;
  const connection = new Proxy(session.connection, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== "publish") return typeof value === "function" ? value.bind(target) : value;
      return (...args: Parameters<typeof target.publish>) => {
        happened ??= happen();
        session.scope.spawn("publish", async () => {
          await happened;
          target.publish(...args);
        });
      };
    },
  });
  return { ...session, connection };
}
