import { allTargets, ids, may, ownAccount, subjectOf, type Target } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Minted, type MintOrder, mintSystem, type Profile, profileNames } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRaw, type Verb } from "./raw-user.ts";
import { type AttackedSpace, closed, startAttackedSpace } from "./space.ts";

let attacked: AttackedSpace;
let peer: Minted;
let cases = 0;

beforeAll(async () => {
  attacked = await startAttackedSpace();
  peer = attacked.fixture.mint({ name: "peer" });
});
afterAll(async () => {
  await attacked[Symbol.asyncDispose]();
  process.stdout.write(`${cases} attempts on the broker\n`);
});

const reading = { allowSubscribe: ["team.>", "lab"] };

/** The user of a profile that the model speaks of. */
function userOf(profile: Profile, { fixture }: AttackedSpace = attacked): Minted {
  const order: MintOrder = { profile, name: "n" };
  if (profile === "revoker") return mintSystem(fixture.trust, order, Date.now());
  if (profile === "census") {
    return mintSystem(fixture.trust, { ...order, account: fixture.space.account }, Date.now());
  }
  const agent = { ...reading, allowPublish: ["lab", "team.a"], role: "review" };
  const more = { agent, observer: reading, admin: reading }[profile as string] ?? {};
  return fixture.mint({ ...order, ...more });
}

/** The subject of a target, with the ids of real users in it. */
function realSubject(target: Target, own: string, { fixture } = attacked): string {
  return subjectOf(target)
    .replaceAll(ids.own, own)
    .replaceAll(ids.peer, peer.id)
    .replaceAll(ownAccount, fixture.space.account);
}

/** What changes a stream by its very right; everything else must leave the closed ones as they are. */
function removes(target: Target): boolean {
  return target.what === "stream" && ["DELETE", "PURGE", "CREATE", "UPDATE"].includes(target.verb);
}

/** Whatever is stored, and so could be overwritten by an answer. */
function protectedSubjects(own: string, space: AttackedSpace): string[] {
  const all = allTargets().filter(({ what }) =>
    ["post", "direct", "work", "key", "ingest", "copy", "answer", "question", "ack"].includes(what),
  );
  const firsts = new Map(all.map((target) => [JSON.stringify(kindOf(target)), target]));
  return [...firsts.values()].map((target) => realSubject(target, own, space));
}

/** Two targets of one kind differ in names only. */
function kindOf(target: Target): unknown[] {
  const part = target as Partial<Record<"registry" | "kind" | "via" | "verb" | "of", string>>;
  return [target.what, part.registry, part.kind, part.via, part.verb, part.of];
}

/** Where the broker and the model differ. */
async function surprisesOf(profile: Profile, verb: Verb): Promise<string[]> {
  const minted = userOf(profile);
  const user = await connectRaw(attacked.fixture, minted);
  const targets = new Map(allTargets().map((target) => [realSubject(target, minted.id), target]));
  const refused = await user.attempt(verb, [...targets.keys()]);
  await user.close();
  cases += targets.size;
  const modelled = verb === "publish" ? "publish" : "subscribe";
  return [...targets]
    .filter(([subject, target]) => may(profile, { verb: modelled, target }) === refused.has(subject))
    .map(([subject]) => `${refused.has(subject) ? "cannot" : "can"} ${verb} ${subject}`);
}

describe.each(profileNames)("on the broker, the profile %s", (profile) => {
  test.each(["publish", "subscribe", "queue"] as const)(
    "may %s what the model says, and nothing else",
    async (verb) => {
      verifies("TRUST-38", "TRUST-39", "TRUST-42", "TRUST-46", "TRUST-54");
      expect((await surprisesOf(profile, verb)).slice(0, 20)).toEqual([]);
    },
  );
});

test("no answer to any publish of any profile is stored behind a secret ingest", async () => {
  verifies("TRUST-41");
  await using fresh = await startAttackedSpace();
  const before = await fresh.states(closed);
  for (const profile of profileNames) {
    const minted = userOf(profile, fresh);
    const user = await connectRaw(fresh.fixture, minted);
    const allowed = allTargets().filter(
      (target) => !removes(target) && may(profile, { verb: "publish", target }),
    );
    const kinds = new Map(allowed.map((target) => [JSON.stringify(kindOf(target)), target]));
    const subjects = [...kinds.values()].map((target) => realSubject(target, minted.id, fresh));
    for (const reply of protectedSubjects(minted.id, fresh)) {
      cases += subjects.length;
      expect([reply, ...(await user.attempt("publish", subjects, reply))]).toEqual([reply]);
    }
    await user.close();
  }
  expect(await fresh.states(closed)).toEqual(before);
});
