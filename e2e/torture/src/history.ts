import type { SentRecord } from "@cotal/harness";
import type { Lane, Note, Order, Received } from "./journal.ts";
import { isOrder, type Standing, standingOf } from "./standing.ts";

/** Of each peer, by its name. */
export type Journals = ReadonlyMap<string, readonly Note[]>;

/** All journals, put together. */
export interface History {
  readonly sent: readonly Sent[];
  readonly handed: readonly Handed[];
  readonly standings: ReadonlyMap<string, Standing>;
}

export interface Sent extends SentRecord {
  readonly channel: Lane;
  readonly stored: boolean;
  /** Why it was refused. */
  readonly code: string | undefined;
  /** When it was about to be sent. */
  readonly from: number;
  /** When it was said to be stored or refused; what had no answer may be stored at any time. */
  readonly to: number;
}

/** A message in the hands of a process. */
export interface Handed extends Received {
  readonly at: number;
  readonly owner: string;
  /** Which process of its owner that was, and when it began. */
  readonly life: number;
  readonly begun: number;
}

export function historyOf(journals: Journals, operator: readonly Note[]): History {
  const orders = operator.filter(isOrder);
  return {
    sent: [...journals].flatMap(([name, notes]) => sentBy(name, notes)),
    handed: [...journals].flatMap(([owner, notes]) => handedTo(owner, notes)),
    standings: new Map(
      [...journals].map(([name, notes]) => [name, standingOf(notes, ordersAbout(name, orders))]),
    ),
  };
}

function ordersAbout(name: string, orders: readonly (Note & Order)[]): readonly (Note & Order)[] {
  return orders.filter(({ peer }) => peer === name);
}

function sentBy(sender: string, notes: readonly Note[]): Sent[] {
  const answers = new Map(
    notes.flatMap((note) => (note.note === "stored" || note.note === "failed" ? [[note.id, note]] : [])),
  );
  return notes.flatMap((note) => {
    if (note.note !== "sending") return [];
    const answer = answers.get(note.id);
    const isUnsure = answer === undefined || (answer.note === "failed" && answer.code !== "not-allowed");
    return [
      {
        id: note.id,
        sender,
        channel: note.lane,
        stored: answer?.note === "stored",
        code: answer?.note === "failed" ? answer.code : undefined,
        from: note.at,
        to: isUnsure ? Number.POSITIVE_INFINITY : answer.at,
      },
    ];
  });
}

function handedTo(owner: string, notes: readonly Note[]): Handed[] {
  const handed: Handed[] = [];
  let life = -1;
  let begun = 0;
  for (const note of notes) {
    if (note.note === "life") [life, begun] = [life + 1, note.at];
    else if (note.note === "received") handed.push({ ...note, owner, life, begun });
  }
  return handed;
}
