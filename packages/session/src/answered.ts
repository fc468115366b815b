import { CotalError } from "@cotal/subjects";
import type { Clock } from "./clock.ts";

/** Answers that were given, or are being worked out, so that a repeated question is not executed again. */
export interface Answered {
  /** The answer to this question, worked out once. A rejection is not an answer: the question may be asked again. */
  once(asker: string, id: string, work: () => Promise<Uint8Array>): Promise<Uint8Array>;
  readonly size: number;
}

export interface AnsweredOptions {
  readonly clock: Clock;
  readonly rememberMs: number;
  /** How many answers are kept for one asker; beyond it, the asker waits until some are old enough. */
  readonly perAsker: number;
}

interface Answer {
  readonly reply: Promise<Uint8Array>;
  /** When it may be forgotten; never while it is being worked out. */
  until: number;
}

/** Nothing is forgotten early to make room: what is forgotten can be executed twice. */
export function createAnswered({ clock, rememberMs, perAsker }: AnsweredOptions): Answered {
  const askers = new Map<string, Map<string, Answer>>();

  const forgetOld = (): void => {
    const now = clock.uptime();
    for (const [asker, answers] of askers) {
      for (const [id, { until }] of answers) if (until <= now) answers.delete(id);
      if (answers.size === 0) askers.delete(asker);
    }
  };

  const remember = (
    answers: Map<string, Answer>,
    id: string,
    work: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> => {
    const reply = work();
    const answer: Answer = { reply, until: Number.POSITIVE_INFINITY };
    answers.set(id, answer);
    void reply.then(
      () => {
        answer.until = clock.uptime() + rememberMs;
      },
      () => answers.delete(id),
    );
    return reply;
  };

  let nextSweep = clock.uptime() + rememberMs;
  return {
    once: (asker, id, work) => {
      const answers = askers.get(asker) ?? new Map<string, Answer>();
      const known = answers.get(id);
      if (known) return known.reply;
      if (answers.size >= perAsker || clock.uptime() >= nextSweep) {
        forgetOld();
        nextSweep = clock.uptime() + rememberMs / 4;
      }
      if (answers.size >= perAsker)
        return Promise.reject(new CotalError("busy", "too many questions of one peer of late"));
      askers.set(asker, answers);
      return remember(answers, id, work);
    },
    get size() {
      let size = 0;
      for (const answers of askers.values()) size += answers.size;
      return size;
    },
  };
}
