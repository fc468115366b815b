import { brokerError, requestApi, type Session, store } from "@cotal/session";
import {
  asOwnerId,
  asToken,
  deadSubject,
  ingestKeySubject,
  type OwnerId,
  streamName,
  type Token,
} from "@cotal/subjects";
import { type DeadLetter, readDeadLetter } from "./core/dead-letter.ts";
import { readStored, type StoredMessage } from "./stored-message.ts";

/** A dead letter, and its place among all of them. */
export interface KeptLetter {
  readonly seq: number;
  readonly owner: OwnerId;
  readonly letter: Token;
  readonly bytes: number;
  /** `undefined` when it cannot be read. */
  readonly record: DeadLetter | undefined;
}

/** Which letter of whom. */
export interface LetterPlace {
  readonly owner: OwnerId;
  readonly letter: Token;
}

/** What can never be delivered. Each letter has a name of its own, and none is written over. */
export interface DeadStore {
  /** Keeps a letter, unless it is there. The answer is how many older ones of its owner gave way to it. */
  put(letter: Token, record: DeadLetter): Promise<number>;
  get(place: LetterPlace): Promise<KeptLetter | undefined>;
  /** The first from this place on, of one owner or of any. */
  next(seq: number, owner: OwnerId | "*"): Promise<KeptLetter | undefined>;
  /** Whether it was there. */
  remove(place: LetterPlace): Promise<boolean>;
  /** All of an owner. */
  clear(owner: OwnerId): Promise<void>;
}

export interface DeadStoreOptions {
  readonly space: Token;
  /** Under which the stream takes its writes. */
  readonly secret: Token;
}

/** No owner keeps more, so that one that gives everything up leaves the others their room. */
const mostLetters = 200;
const mostOfStream = 1 / 16;

type Row = Pick<KeptLetter, "owner" | "letter" | "bytes">;

export function openDeadStore(session: Session, { space, secret }: DeadStoreOptions): DeadStore {
  const stream = streamName.dead(space);
  /** Of owners that were written for, oldest first. */
  const known = new Map<OwnerId, Row[]>();
  let mostBytes: number | undefined;

  const purge = async (owner: OwnerId, letter: Token | "*"): Promise<number> => {
    const filter = deadSubject(space, owner, letter);
    const order = { filter };
    return (await requestApi<{ readonly purged: number }>(session, `STREAM.PURGE.${stream}`, order)).purged;
  };
  const next: DeadStore["next"] = async (seq, owner) => {
    const found = await readStored(session, stream, { next_by_subj: deadSubject(space, owner, "*"), seq });
    return found && keptLetter(found);
  };
  const remove: DeadStore["remove"] = async ({ owner, letter }) => {
    const left = known.get(owner)?.filter((row) => row.letter !== letter);
    if (left) known.set(owner, left);
    return (await purge(owner, letter)) > 0;
  };
  const rowsOf = async (owner: OwnerId): Promise<Row[]> => {
    const rows = known.get(owner) ?? [];
    if (known.has(owner)) return rows;
    for (let kept = await next(1, owner); kept; kept = await next(kept.seq + 1, owner)) {
      const { letter, bytes } = kept;
      rows.push({ owner, letter, bytes });
    }
    known.set(owner, rows);
    return rows;
  };
  const makeRoom = async (rows: readonly Row[], bytes: number, most: number): Promise<number> => {
    let sum = rows.reduce((total, row) => total + row.bytes, bytes);
    let gone = 0;
    for (const row of rows) {
      if (rows.length - gone < mostLetters && sum <= most) break;
      await remove(row);
      sum -= row.bytes;
      gone++;
    }
    return gone;
  };

  return {
    next,
    remove,
    get: async ({ owner, letter }) => {
      const found = await readStored(session, stream, { last_by_subj: deadSubject(space, owner, letter) });
      return found && keptLetter(found);
    },
    clear: async (owner) => {
      known.delete(owner);
      await purge(owner, "*");
    },
    put: async (letter, record) => {
      const { owner } = record;
      mostBytes ??= (await readMaxBytes(session, stream)) * mostOfStream;
      const data = encode(record, mostBytes);
      const bytes = Buffer.byteLength(data);
      const rows = await rowsOf(owner);
      // What is known may have gone, so the stream is asked in any case.
      const isKnown = rows.some((row) => row.letter === letter);
      const gone = isKnown ? 0 : await makeRoom(rows, bytes, mostBytes);
      const subject = ingestKeySubject(secret, deadSubject(space, owner, letter));
      const isNew = await storeOnce(session, subject, data);
      if (isNew && !isKnown) known.get(owner)?.push({ owner, letter, bytes });
      return gone;
    },
  };
}

/** Without its message when that is more than one owner may keep. */
function encode(record: DeadLetter, mostBytes: number): string {
  const whole = JSON.stringify(record);
  return whole.length <= mostBytes ? whole : JSON.stringify({ ...record, message: undefined });
}

/** False when it stood there already. */
async function storeOnce(session: Session, subject: string, data: string): Promise<boolean> {
  try {
    await store(session, { subject, data, headers: { "Nats-Expected-Last-Subject-Sequence": "0" } });
    return true;
  } catch (error) {
    if (brokerError(error).code === "fenced") return false;
    throw error;
  }
}

async function readMaxBytes(session: Session, stream: string): Promise<number> {
  const { config } = await requestApi<{ readonly config: { readonly max_bytes: number } }>(
    session,
    `STREAM.INFO.${stream}`,
  );
  return config.max_bytes;
}

function keptLetter({ subject, seq, data }: StoredMessage): KeptLetter {
  const [owner = "", letter = ""] = subject.split(".").slice(3);
  const read = readDeadLetter(data);
  return {
    seq,
    owner: asOwnerId(owner),
    letter: asToken("letter", letter),
    bytes: data.byteLength,
    record: read.kind === "read" ? read.record : undefined,
  };
}
