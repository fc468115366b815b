import { brokerError, type Disposition, type Entry, type Session } from "@cotal/session";
import type { CotalError } from "@cotal/subjects";
import { type Accepted, header, type RejectReason } from "@cotal/wire";
import type { Core } from "./core.ts";
import type { Burial, DeliveryService } from "./delivery-service.ts";
import type { SpaceViews } from "./parts.ts";
import { createRecent } from "./recent.ts";

/** Hands over to the delivery service what this peer gives up, before its queue forgets it. */
export interface Burials {
  /** What the queue is answered: it forgets the message once it is kept elsewhere, and brings it again until then. */
  bury(session: Session, rejected: Rejected): Promise<Disposition>;
  /** Tells of something that cannot be taken for a message; once for each sender and reason. */
  note(entry: Entry, reason: RejectReason): void;
}

export interface Rejected {
  readonly entry: Entry;
  readonly accepted: Accepted;
  readonly reason: string;
}

export interface BurialDeps {
  readonly service: Pick<DeliveryService, "bury">;
  readonly views: Pick<SpaceViews, "space">;
}

/** How long a message stays with its queue that could not be handed over. */
const againMs = 10_000;
const maxNoted = 1_000;
/** What a question holds besides the body. */
const roomForFacts = 16 * 1024;

export function createBurials(core: Core, { service, views }: BurialDeps): Burials {
  const noted = createRecent<true>(maxNoted);
  /** Why nothing can be handed over now; it is told once. */
  let trouble: CotalError["code"] | undefined;
  const isKept = (): boolean => !core.open && views.space().backstop;

  return {
    bury: async (session, { entry, accepted, reason }) => {
      const forget: Disposition = { kind: "terminate", reason };
      if (!isKept()) return forget;
      try {
        await service.bury(burialOf(entry, { accepted, reason, maxPayload: maxPayloadOf(session) }));
        trouble = undefined;
        return forget;
      } catch (failure) {
        const error = brokerError(failure);
        if (error.code !== trouble) core.fault("queues", error);
        if (final.has(error.code)) return forget;
        trouble = error.code;
        return { kind: "retry", delayMs: againMs };
      }
    },
    note: (entry, reason) => {
      const subject = sentUnder(entry);
      const key = `${subject} ${reason}`;
      if (!isKept() || noted.get(key)) return;
      noted.set(key, true);
      void service.bury({ subject, reason }).catch((failure) => {
        const { code } = brokerError(failure);
        core.log({ level: "warn", event: "queue.note-lost", fields: { subject, reason, code } });
      });
    },
  };
}

/** Asked again, the answer would be the same. */
const final: ReadonlySet<string> = new Set([
  "bad-request",
  "not-allowed",
  "peer-retired",
  "too-large",
  "unknown-op",
]);

/** The broker says what it takes when it greets; this is its default. */
const defaultPayload = 1024 * 1024;

function maxPayloadOf({ connection }: Session): number {
  return connection.info?.max_payload ?? defaultPayload;
}

interface Facts extends Pick<Rejected, "accepted" | "reason"> {
  readonly maxPayload: number;
}

const carried = [header.signature, header.signedAt, header.path, header.hops] as const;

function burialOf(entry: Entry, { accepted, reason, maxPayload }: Facts): Burial {
  const { copy, message } = accepted;
  const body = Buffer.from(entry.data).toString("base64");
  const facts = { subject: sentUnder(entry), reason, id: message.id };
  if (body.length + roomForFacts > maxPayload) return facts;
  const headers = carried.flatMap((name): (readonly [string, string])[] => {
    const value = entry.headers?.get(name) ?? "";
    return value === "" ? [] : [[name, value]];
  });
  const { storedAt, seq } = copy ?? entry;
  return { ...facts, message: { headers, body, storedAt, seq, letter: copy?.letter } };
}

/** A copy names what it was copied from. */
function sentUnder({ subject, headers }: Entry): string {
  return headers?.get(header.copySubject) || subject;
}
