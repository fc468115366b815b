import { ids, ownAccount, subjectOf, type Target } from "@cotal/harness";
import { adminApi, type Minted, type MintOrder, mintSystem, type Profile } from "@cotal/trust";
import type { AttackedSpace } from "./space.ts";

const reading = { allowSubscribe: ["team.>", "lab"] };

/** The user of a profile that the model speaks of. */
export function userOf({ fixture }: AttackedSpace, profile: Profile): Minted {
  const order: MintOrder = { profile, name: "n" };
  if (profile === "revoker") return mintSystem(fixture.trust, order, Date.now());
  if (profile === "census") {
    return mintSystem(fixture.trust, { ...order, account: fixture.space.account }, Date.now());
  }
  const agent = { ...reading, allowPublish: ["lab", "team.a"], role: "review" };
  const more = { agent, observer: reading, admin: reading }[profile as string] ?? {};
  return fixture.mint({ ...order, ...more });
}

/** What stands in a target for the two users of the model. */
export interface Names {
  readonly own: string;
  readonly peer: string;
}

/** The subject of a target, with the ids of real users in it. */
export function realSubject({ fixture }: AttackedSpace, target: Target, { own, peer }: Names): string {
  return subjectOf(target)
    .replaceAll(ids.own, own)
    .replaceAll(ids.peer, peer)
    .replaceAll(ownAccount, fixture.space.account)
    .replace(/^adm\.s3cret/, adminApi(fixture.space));
}

/** Two targets of one kind differ in names only. */
export function kindOf(target: Target): string {
  const part = target as Partial<Record<"registry" | "kind" | "via" | "verb" | "of" | "door", string>>;
  return JSON.stringify([target.what, part.registry, part.kind, part.via, part.verb, part.of, part.door]);
}
