import { randomUUID } from "node:crypto";
import {
  type BatchMessage,
  type BatchOutcome,
  backoffMs,
  brokerError,
  errorFields,
  type RetryPolicy,
  retry,
  type Session,
  type StoreOptions,
  sleep,
  store,
  writeBatch,
} from "@cotal/session";
import { CotalError, formatSubject } from "@cotal/subjects";
import { headers } from "@nats-io/nats-core";
import { type Checkpoint, encodeCheckpoint, readCheckpoint } from "./core/checkpoint.ts";
import { ingestSubject } from "./core/copy.ts";
import { checkpointSubject, type ShardPlace, shardStream } from "./shard-place.ts";
import { readStored } from "./stored-message.ts";

/** A checkpoint and its place in the stream, which is the fence: who does not know it cannot write. */
export interface Fence {
  readonly seq: number;
  readonly checkpoint: Checkpoint | undefined;
}

export interface FencedWriter {
  readonly fence: Fence;
  /**
   * Stores the messages and the checkpoint, or nothing. It waits while the stream is full. It rejects with
   * `fenced` when somebody else has written the checkpoint; nothing of this writer is stored from then on.
   */
  commit(messages: readonly BatchMessage[], checkpoint: Omit<Checkpoint, "mark">): Promise<void>;
}

export interface WriterOptions {
  readonly place: ShardPlace;
  readonly fence: Fence;
  /** Ends the wait for room, and for an answer. */
  readonly signal: AbortSignal;
  /** The stream takes no more; it is told once for each commit that has to wait. */
  readonly onFull: (error: CotalError) => void;
}

/** While the stream is full, and while the outcome of a commit cannot be read. */
const waitPolicy: RetryPolicy = {
  baseMs: 50,
  capMs: 2_000,
  limit: { unboundedBecause: "the lead ends it" },
};

/** What became of one attempt, known for certain. */
type Attempt =
  | { readonly kind: "committed"; readonly seq: number }
  | { readonly kind: "not-stored" }
  | { readonly kind: "full"; readonly error: CotalError };

/**
 * I2: each commit names the checkpoint that it follows. As the fence is used up by the first that is stored, also
 * a commit that was tried again after a silence is stored once at the most.
 */
export function createFencedWriter(session: Session, options: WriterOptions): FencedWriter {
  const { place, signal, onFull } = options;
  const { clock, log } = session;
  const life = randomUUID();
  let { fence } = options;
  let commits = 0;

  const attempt = async (messages: readonly BatchMessage[], checkpoint: Checkpoint): Promise<Attempt> => {
    const outcome = await send(session, { place, fence: fence.seq, messages, checkpoint });
    if (outcome.kind === "committed") return outcome;
    const { error } = outcome;
    if (outcome.kind === "refused" && isFull(error)) return { kind: "full", error };
    if (outcome.kind === "refused" && error.code !== "fenced") throw error;
    if (outcome.kind === "unknown") {
      const fields = { shard: place.shard, ...errorFields(error) };
      log({ level: "warn", event: "delivery.commit-unknown", fields });
    }
    return await lookUp(checkpoint);
  };

  /** Whose checkpoint stands there says what became of the commit. */
  const lookUp = async ({ mark }: Checkpoint): Promise<Attempt> => {
    const found = await retry(() => readFence(session, place), {
      clock,
      policy: waitPolicy,
      transient: (error) => passing.has(brokerError(error).code),
      signal,
    });
    if (found.checkpoint?.mark === mark) return { kind: "committed", seq: found.seq };
    if (found.seq === fence.seq) return { kind: "not-stored" };
    throw deposed(place.shard);
  };

  return {
    get fence() {
      return fence;
    },
    commit: async (messages, content) => {
      const checkpoint: Checkpoint = { ...content, mark: `${life}.${++commits}` };
      for (let tries = 1; ; tries++) {
        signal.throwIfAborted();
        const outcome = await attempt(messages, checkpoint);
        if (outcome.kind === "committed") {
          fence = { seq: outcome.seq, checkpoint };
          return;
        }
        if (outcome.kind === "full" && tries === 1) onFull(full(place.shard, outcome.error));
        await sleep(clock, backoffMs(waitPolicy, tries, Math.random()), signal);
      }
    },
  };
}

const passing: ReadonlySet<string> = new Set(["outcome-unknown", "unavailable", "no-responders"]);

function isFull({ code }: CotalError): boolean {
  return code === "stream-full" || code === "storage-full";
}

/** What the shard's stream says of its progress, as its leader has it. */
export async function readFence(session: Session, place: ShardPlace): Promise<Fence> {
  const last_by_subj = formatSubject(checkpointSubject(place));
  const found = await readStored(session, shardStream(place), { last_by_subj });
  if (!found) return { seq: 0, checkpoint: undefined };
  const read = readCheckpoint(found.data);
  if (read.kind === "read") return { seq: found.seq, checkpoint: read.record };
  throw new CotalError(
    "undecodable",
    `the checkpoint of shard ${place.shard} cannot be read: ${read.reason}`,
    {
      hint: "a newer release may have written it; let that one serve the shard",
      data: { shard: place.shard },
    },
  );
}

/** The checkpoint comes last, so that the answer to a batch tells its place, which is the next fence. */
async function send(
  session: Session,
  { place, fence, messages, checkpoint }: Sending,
): Promise<BatchOutcome> {
  const subject = ingestSubject(place, checkpointSubject(place));
  const data = encodeCheckpoint(checkpoint);
  const fields = { "Nats-Rollup": "sub", "Nats-Expected-Last-Subject-Sequence": String(fence) };
  if (messages.length === 0) return await sendAlone(session, { subject, data, headers: fields, timeoutMs });
  const set = headers();
  for (const [name, value] of Object.entries(fields)) set.set(name, value);
  return await writeBatch(session, [...messages, { subject, data, headers: set }], { timeoutMs });
}

interface Sending {
  readonly place: ShardPlace;
  readonly fence: number;
  readonly messages: readonly BatchMessage[];
  readonly checkpoint: Checkpoint;
}

const timeoutMs = 2_000;

/** A checkpoint by itself is a plain publish, which costs half of a batch. */
async function sendAlone(session: Session, message: StoreOptions): Promise<BatchOutcome> {
  try {
    const { seq } = await store(session, message);
    return { kind: "committed", seq, count: 1 };
  } catch (failure) {
    const error = brokerError(failure);
    return { kind: unanswered.has(error.code) ? "unknown" : "refused", error };
  }
}

const unanswered: ReadonlySet<string> = new Set(["outcome-unknown", "connection-lost", "bad-reply"]);

export function deposed(shard: number): CotalError {
  return new CotalError("fenced", `another daemon leads shard ${shard} now`, {
    hint: "nothing is to be done here: what this one had in hand is served by the other",
    data: { shard },
  });
}

function full(shard: number, cause: CotalError): CotalError {
  return new CotalError("delivery-full", `the stream of shard ${shard} takes nothing more`, {
    hint: "what is to be stored waits; give the broker more room, or let members take what waits for them",
    data: { shard, code: cause.code },
    cause,
  });
}
