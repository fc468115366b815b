import { asChannelPattern, asToken, type ChannelPattern, type Token } from "@cotal/subjects";
import { readJwt } from "./jwt.ts";
import { type Profile, profileNames } from "./profile.ts";
import { asCapability, type Capability } from "./scope.ts";

/** What the token of a user was minted for. */
export interface TokenScope {
  /** Absent in a token that this project has not minted. */
  readonly profile: Profile | undefined;
  readonly allowSubscribe: readonly ChannelPattern[];
  readonly allowPublish: readonly ChannelPattern[];
  readonly role: Token | undefined;
  readonly capabilities: readonly Capability[];
  readonly serves: readonly Token[];
}

/** As its tags say, by which the same can be minted again. */
export function scopeOf(jwt: string): TokenScope {
  const { tags = [] } = readJwt("user", jwt).nats;
  const all = (name: string): string[] =>
    tags.flatMap((tag) => (tag.startsWith(`${name}:`) ? [tag.slice(name.length + 1)] : []));
  const [profile] = all("profile");
  const [role] = all("role");
  return {
    profile: profileNames.find((known) => known === profile),
    allowSubscribe: all("sub").map(asChannelPattern),
    allowPublish: all("pub").map(asChannelPattern),
    role: role === undefined ? undefined : asToken("role", role),
    capabilities: all("cap").map(asCapability),
    serves: all("serves").map((name) => asToken("service", name)),
  };
}
