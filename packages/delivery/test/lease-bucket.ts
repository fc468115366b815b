import { type CasRegistry, type LeaseRecord, type Lookup, leaseRegistry } from "@cotal/registries";
import { type Clock, sleep } from "@cotal/session";
import { CotalError } from "@cotal/subjects";

/**
 * How one daemon reaches the broker: well; not at all; its writes are taken and not answered; or it is not told what
 * others write.
 */
export type Line = "up" | "down" | "deaf" | "behind";

/** The bucket of the leases, as several daemons see it. */
export interface LeaseBucket {
  readonly writes: readonly string[];
  stands(key: string): LeaseRecord | undefined;
  /** A further daemon's view of it, with its own line to the broker. */
  join(clock: Clock): Member;
}

interface Member {
  readonly leases: CasRegistry<LeaseRecord>;
  line: Line;
}

interface Place {
  readonly revision: number;
  readonly value: LeaseRecord | undefined;
}

export function createLeaseBucket(): LeaseBucket {
  const places = new Map<string, Place>();
  const writes: string[] = [];
  let revision = 0;
  let wake: (() => void)[] = [];

  const write = (key: string, value: LeaseRecord | undefined, expected: number | undefined) => {
    const stands = places.get(key)?.revision ?? 0;
    if (expected !== undefined && expected !== stands) return { kind: "fenced" } as const;
    places.set(key, { revision: ++revision, value });
    writes.push(`${key} ${value === undefined ? "-" : `${value.holder} ${value.epoch} ${value.ready}`}`);
    const waiting = wake;
    wake = [];
    for (const tell of waiting) tell();
    return { kind: "written", revision } as const;
  };

  const lookUp = (held: ReadonlyMap<string, Place>, key: string): Lookup<LeaseRecord> => {
    const place = held.get(key);
    if (place?.value === undefined) return { kind: "absent", key, revision: place?.revision ?? 0 };
    return { kind: "found", key, value: place.value, revision: place.revision };
  };

  const join: LeaseBucket["join"] = (clock) => {
    /** What was handed out last. */
    let seen = { places: new Map(places), revision };
    const catchUp = (): typeof seen => {
      if (daemon.line !== "behind") seen = { places: new Map(places), revision };
      return seen;
    };
    const away = new CotalError("unreachable", "the line is down");
    const daemon: Member = {
      line: "up",
      leases: {
        definition: leaseRegistry,
        clock,
        get revision() {
          return catchUp().revision;
        },
        get: (key: string) =>
          daemon.line === "down" ? { kind: "unreachable", key, error: away } : lookUp(catchUp().places, key),
        entries: () =>
          [...catchUp().places.keys()].flatMap((key) => {
            const lookup = lookUp(seen.places, key);
            return lookup.kind === "found" ? [lookup] : [];
          }),
        put: async (key, value, { expectedRevision }) => await answered(write, key, value, expectedRevision),
        remove: async (key, { expectedRevision }) => await answered(write, key, undefined, expectedRevision),
        moved: async (last, { timeoutMs = 5_000, signal } = {}) => {
          if (catchUp().revision !== last) return;
          const moved = new Promise<"moved">((resolve) => wake.push(() => resolve("moved")));
          const won = await Promise.race([moved, sleep(clock, timeoutMs, signal)]);
          if (won !== "moved") throw away;
        },
      },
    };
    const answered = async (
      act: typeof write,
      ...[key, value, expected]: Parameters<typeof write>
    ): Promise<ReturnType<typeof write>> => {
      if (daemon.line === "up" || daemon.line === "behind") return act(key, value, expected);
      if (daemon.line === "deaf") act(key, value, expected);
      await sleep(clock, 5_000);
      throw new CotalError("outcome-unknown", "no answer");
    };
    return daemon;
  };

  return { writes, stands: (key) => places.get(key)?.value, join };
}
