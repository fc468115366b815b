import {
  asChannelPattern,
  asOwnerId,
  asToken,
  type ChannelPattern,
  CotalError,
  maxShards,
  type OwnerId,
  quoted,
  type Token,
} from "@cotal/subjects";

/** Which services of the manager a peer may ask beside the ones that everybody may. */
export type Capability = "manager" | "admin";

/** What rights are about: whose they are, where, and what was agreed for this one user. */
export interface Scope {
  readonly space: string;
  readonly id: string;
  /** The number of shards of the space. */
  readonly shards: number;
  /** Channels that may be read, and posted to. */
  readonly allowSubscribe?: readonly string[];
  readonly allowPublish?: readonly string[];
  readonly role?: string;
  readonly capabilities?: readonly Capability[];
  /** Services that the user answers for. */
  readonly serves?: readonly string[];
  /** The account that a user of the system account looks at. */
  readonly account?: string;
}

/** A scope whose every part was checked. */
export interface CheckedScope {
  readonly space: Token;
  readonly id: OwnerId;
  readonly shards: number;
  readonly allowSubscribe: readonly ChannelPattern[];
  readonly allowPublish: readonly ChannelPattern[];
  readonly role: Token | undefined;
  readonly capabilities: readonly Capability[];
  readonly serves: readonly Token[];
  readonly account: string | undefined;
}

/** The parts that not every profile takes. */
export type ScopePart = Exclude<keyof Scope, "space" | "id" | "shards">;

export const maxPatterns = 200;

/** Refuses whatever does not fit; it rewrites nothing. */
export function checkScope(scope: Scope): CheckedScope {
  const { allowSubscribe = [], allowPublish = [], capabilities = [], serves = [], role, account } = scope;
  const patterns = allowSubscribe.length + allowPublish.length;
  if (patterns > maxPatterns) {
    throw new CotalError("too-many-patterns", `${patterns} patterns are too many for one credential`, {
      hint: `use at most ${maxPatterns}; one pattern such as "team.>" stands for many channels`,
      data: { patterns, limit: maxPatterns },
    });
  }
  return {
    space: asToken("space", scope.space),
    id: asOwnerId(scope.id),
    shards: asShardCount(scope.shards),
    allowSubscribe: allowSubscribe.map(asReadPattern),
    allowPublish: allowPublish.map(asChannelPattern),
    role: role === undefined ? undefined : asToken("role", role),
    capabilities: capabilities.map(asCapability),
    serves: serves.map(asOwnService),
    account,
  };
}

/**
 * A right to read that ends in `*` is none: the broker compares what is asked for as plain text, so
 * that `team.*` would also admit the subscription `team.>` and everything below.
 */
function asReadPattern(text: string): ChannelPattern {
  const pattern = asChannelPattern(text);
  if (pattern !== "*" && !pattern.endsWith(".*")) return pattern;
  throw new CotalError("bad-pattern", `${quoted(text)} cannot be granted for reading`, {
    hint: `the broker would not hold it to one level; grant ${quoted(`${pattern.slice(0, -1)}>`)}, or name the channels`,
  });
}

function asShardCount(count: number): number {
  if (Number.isSafeInteger(count) && count >= 1 && count <= maxShards) return count;
  throw new CotalError("bad-number", `${quoted(count)} is not a number of shards`, {
    hint: `use 1 to ${maxShards}`,
  });
}

export function asCapability(name: string): Capability {
  if (name === "manager" || name === "admin") return name;
  throw new CotalError("bad-token", `${quoted(name)} is not a capability`, {
    hint: 'use "manager" or "admin"',
  });
}

/** Whoever answered for a service of the fabric could give its orders. */
function asOwnService(text: string): Token {
  const service = asToken("service", text);
  if (!isFabricService(service)) return service;
  throw new CotalError("reserved-name", `the service ${quoted(text)} is answered for by the fabric itself`, {
    hint: "choose another name for the service",
  });
}

/** In any case of its letters, so that none is taken for one. */
export function isFabricService(name: string): boolean {
  return /^(self|manager|admin|delivery|delivery-.*)$/i.test(name);
}
