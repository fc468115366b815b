import {
  brokerError,
  type CredentialSource,
  createBrokerClock,
  createLink,
  type DialOptions,
  noFaultPoints,
  type Session,
  type Stored,
  silentLog,
  store,
  systemClock,
} from "@cotal/session";
import { CotalError, inboxPrefix, type OwnerId, type Token } from "@cotal/subjects";
import { bodyLimit, composeMessage, type Signer } from "@cotal/wire";
import type { Target } from "./target.ts";

/** Who sends, and where. */
export interface Speaker {
  readonly space: Token;
  readonly dial: Pick<DialOptions, "servers" | "tls">;
  readonly id: OwnerId;
  readonly name: Token;
  readonly credentials: CredentialSource;
  /** Absent in an open space. */
  readonly signer: ((now: () => number) => Signer) | undefined;
}

export interface Note {
  readonly target: Target;
  readonly text: string;
  readonly id: string;
}

/**
 * Stores one message. It opens no view of the space: the peer may have another connection, with views of its
 * own, and there is one of each for a peer.
 */
export async function sendOnce(speaker: Speaker, note: Note, signal: AbortSignal): Promise<Stored> {
  const { name, id, dial, credentials } = speaker;
  const brokerClock = createBrokerClock(systemClock);
  await using link = createLink({
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
    credentials,
    brokerClock,
    capabilities: [],
    dial: { ...dial, name: `cotal send ${name}`, inboxPrefix: inboxPrefix(id) },
  });
  const session = await link.start();
  signal.throwIfAborted();
  return await publish(session, { speaker, note, now: brokerClock.now });
}

interface Publishing {
  readonly speaker: Speaker;
  readonly note: Note;
  readonly now: () => number;
}

async function publish(session: Session, { speaker, note, now }: Publishing): Promise<Stored> {
  const { connection } = session;
  const { subject, bytes, headers } = composeMessage(draftOf(note), speaker, {
    now: systemClock.now(),
    maxBytes: bodyLimit(connection.info?.max_payload ?? 0),
  });
  const signature = await speaker.signer?.(now).sign({ subject, bytes });
  try {
    return await store(session, { subject, data: bytes, headers: { ...headers, ...signature } });
  } catch (error) {
    throw inSend(brokerError(error), note.id);
  }
}

/** The fields by which every way to send says where it goes. */
function draftOf({ target, text, id }: Note): Parameters<typeof composeMessage>[0] {
  switch (target.kind) {
    case "channel":
      return { channel: target.channel, text, id };
    case "role":
      return { toService: target.role, text, id };
    case "peer":
      return { to: target.id, text, id };
  }
}

/** Without an answer nobody knows whether it is stored; under its id it may be sent again. */
export function inSend(error: unknown, id: string): unknown {
  const isUnknown =
    error instanceof CotalError && (error.code === "outcome-unknown" || error.code === "connection-lost");
  if (!isUnknown) return error;
  return new CotalError("outcome-unknown", "no answer came: the message may or may not be stored", {
    hint: `within two minutes the same command with --id ${id} stores it once at most`,
    data: { ...error.data, id },
    cause: error,
  });
}
