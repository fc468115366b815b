import { randomUUID } from "node:crypto";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import type { ScopedSigningKey } from "./claims.ts";
import { perUser } from "./limits.ts";
import { permissionsFor } from "./permissions.ts";
import { type Profile, profiles } from "./profile.ts";
import type { CheckedScope, Scope } from "./scope.ts";

/** Profiles whose users differ only in what a tag of their token can say; their keys can sign for nothing else. */
export type ScopedProfile = "agent" | "delivery" | "revoker" | "census";

/** The place that the rights of a template are for. */
export interface TemplatePlace {
  readonly space: string;
  readonly shards: number;
}

/**
 * A signing key whose users get the rights of one profile, filled in by the broker from their tokens.
 * Who steals it can make users of that profile and no others.
 */
export function scopedKey(
  profile: ScopedProfile,
  key: string,
  { space, shards }: TemplatePlace,
): ScopedSigningKey {
  const openings = openingsOf(profile);
  const { pub, sub } = permissionsFor(
    profile,
    Object.assign({ space, shards }, ...openings.map(({ part }) => part)),
  );
  const fill = (subject: string): string =>
    openings.reduce((text, { mark, opening }) => text.replaceAll(mark, opening), subject);
  return {
    kind: "user_scope",
    key,
    role: profiles[profile].signedBy,
    template: { pub: { allow: pub.allow.map(fill) }, sub: { allow: sub.allow.map(fill) }, ...perUser },
  };
}

/** A part of the scope that every user has for itself. */
interface Opening {
  readonly part: Partial<Scope>;
  /** Stands for the part while rights are formed: random, so that nothing else can look like it. */
  readonly mark: string;
  /** What the broker replaces. */
  readonly opening: string;
}

function openingsOf(profile: Profile): Opening[] {
  const { takes } = profiles[profile];
  const id = publicFromSeed(generateSeed("user"));
  const account = publicFromSeed(generateSeed("account"));
  const [read, post, role] = [randomUUID(), randomUUID(), randomUUID()];
  return [
    { part: { id }, mark: id, opening: "{{subject()}}" },
    { part: { allowSubscribe: [read] }, mark: read, opening: "{{tag(sub)}}" },
    { part: { allowPublish: [post] }, mark: post, opening: "{{tag(pub)}}" },
    { part: { role }, mark: role, opening: "{{tag(role)}}" },
    { part: { account }, mark: account, opening: "{{tag(account)}}" },
  ].filter(({ part }) => Object.keys(part).every((name) => name === "id" || takes.includes(name as never)));
}

/** What a token says: it fills in the template of its key, and by it the same can be minted again. */
export function tagsOf(scope: CheckedScope): string[] {
  const { allowSubscribe, allowPublish, role, account, capabilities, serves } = scope;
  return [
    ...allowSubscribe.map((channel) => `sub:${channel}`),
    ...allowPublish.map((channel) => `pub:${channel}`),
    ...(role === undefined ? [] : [`role:${role}`]),
    ...(account === undefined ? [] : [`account:${account}`]),
    ...capabilities.map((name) => `cap:${name}`),
    ...serves.map((service) => `serves:${service}`),
  ];
}
