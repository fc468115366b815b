import { beatTtlMs } from "@cotal/registries";
import { brokerError, type Session, sleep, store } from "@cotal/session";
import { inboxPrefix, keySubject, type OwnerId, registryKey, type Token } from "@cotal/subjects";
import { headers } from "@nats-io/nats-core";
import type { BeatKey } from "./claim.ts";

/** Who beats, and where. */
export interface Beating {
  readonly space: Token;
  readonly self: { readonly id: OwnerId };
}

/** Long enough for a busy program to answer, short enough to wait for after a crash. */
const patienceMs = 3_000;
const never = Number.MAX_SAFE_INTEGER;
const expectedHeader = "Nats-Expected-Last-Subject-Sequence";

/**
 * The beat key of one id at the broker. Nobody may publish to another program of the same id, but both
 * hear the answers below their common inbox: a write that must fail, with its answer sent there, is a knock.
 */
export function createBeatKey(session: () => Session, { space, self: { id } }: Beating): BeatKey {
  const subject = beatSubject({ space, self: { id } });
  return {
    write: async (expected) => {
      const fence = expected === "any" ? {} : { [expectedHeader]: String(expected) };
      try {
        const { seq } = await store(session(), {
          subject,
          data: "",
          headers: { "Nats-TTL": `${beatTtlMs / 1000}s`, ...fence },
        });
        return { kind: "stored", seq };
      } catch (failure) {
        const { code, data } = brokerError(failure);
        if (code === "fenced" && typeof data.lastSeq === "number")
          return { kind: "fenced", last: data.lastSeq };
        throw failure;
      }
    },
    knock: () => {
      const set = headers();
      set.set(expectedHeader, String(never));
      session().connection.publish(subject, "", { headers: set, reply: knockSubject(id) });
    },
    pause: () => {
      const { clock, scope } = session();
      return sleep(clock, patienceMs, scope.signal);
    },
  };
}

/** Where the programs of one id hear a knock. */
export function knockSubject(id: OwnerId): string {
  return `${inboxPrefix(id)}.knock`;
}

/** Lets the next program have the id at once. */
export async function releaseBeat(session: Session, who: Beating): Promise<void> {
  await store(session, { subject: beatSubject(who), data: "", headers: { "Nats-TTL": "1s" } });
}

function beatSubject({ space, self }: Beating): string {
  return keySubject(space, "presence", registryKey.beat(self.id));
}
