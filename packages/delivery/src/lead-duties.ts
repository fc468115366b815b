import { errorFields, type Session, sleep } from "@cotal/session";
import type { CotalError, Token } from "@cotal/subjects";
import { createDigest } from "./digest.ts";
import type { Leadership } from "./leadership.ts";
import { createTrimmer } from "./trimmer.ts";

const lookAtBeatsMs = 5_000;
const againMs = 5_000;

/**
 * Does the work of a leader, and with that of the first shard what concerns the whole space: it tells who is present,
 * and trims the queues. What fails of the latter is tried again, and never ends the former.
 */
export async function withDuties(
  session: Session,
  { space, leadership }: { readonly space: Token; readonly leadership: Leadership },
  work: () => Promise<void>,
): Promise<void> {
  if (leadership.shard !== 0) return await work();
  const over = new AbortController();
  const signal = AbortSignal.any([leadership.signal, over.signal]);
  const tasks = dutiesOf(session, { space, epoch: leadership.epoch });
  const duties = Promise.all(tasks.map(({ label, task }) => repeat(session, { label, task, signal })));
  try {
    await work();
  } finally {
    over.abort();
    await duties;
  }
}

interface Duty {
  readonly label: string;
  /** Answers when to do it again, in ms. */
  readonly task: () => Promise<number>;
}

function dutiesOf(
  session: Session,
  whose: { readonly space: Token; readonly epoch: number },
): readonly Duty[] {
  const digest = createDigest(session, whose);
  const onHeavy = (error: CotalError): void => {
    session.log({
      level: "error",
      event: "delivery.fault",
      fields: { ...errorFields(error), ...error.data },
    });
  };
  const tell = async (): Promise<number> => {
    await digest.tell();
    return lookAtBeatsMs;
  };
  return [
    { label: "digest", task: tell },
    ...(["dm", "task"] as const).map((queue) => {
      const trimmer = createTrimmer(session, { space: whose.space, queue, onHeavy });
      return { label: "trim", task: trimmer.trim };
    }),
  ];
}

async function repeat(
  { clock, log }: Session,
  { label, task, signal }: Duty & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const delayMs = await task().catch((error) => {
      if (!signal.aborted) log({ level: "warn", event: `${label}.failed`, fields: errorFields(error) });
      return againMs;
    });
    await sleep(clock, delayMs, signal).catch((error) => {
      if (error !== signal.reason) throw error;
    });
  }
}
