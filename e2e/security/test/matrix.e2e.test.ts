import { allTargets, may } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Minted, type Profile, profileNames } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRaw, type Verb } from "./raw-user.ts";
import { type AttackedSpace, startAttackedSpace } from "./space.ts";
import { realSubject, userOf } from "./users.ts";

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

/** Where the broker and the model differ. */
async function surprisesOf(profile: Profile, verb: Verb): Promise<string[]> {
  const minted = userOf(attacked, profile);
  const user = await connectRaw(attacked.fixture, minted);
  const names = { own: minted.id, peer: peer.id };
  const targets = new Map(allTargets().map((target) => [realSubject(attacked, target, names), target]));
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
