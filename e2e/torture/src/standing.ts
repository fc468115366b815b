import { changingChannel } from "./cast.ts";
import type { Note, Order } from "./journal.ts";

/** A time in which something is certain: not in it is what was under way then. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How one peer stood to the channel whose rights change. */
export interface Standing {
  /** It might read, had joined, and posts were kept for it, which nothing has taken away since. */
  readonly owed: readonly Span[];
  /** It had left, and knew. */
  readonly outside: readonly Span[];
  /** It might not read, and the operator had been told so. */
  readonly mayNotRead: readonly Span[];
  /** Those of them in which what had been kept for it was removed from the beginning. */
  readonly settled: readonly Span[];
  /** It might post, and was connected with that right. */
  readonly mayPost: readonly Span[];
  readonly mayNotPost: readonly Span[];
  /** None of its credentials was good. */
  readonly revoked: readonly Span[];
  /** When it joined after a right to read was given back: what came before, it is to have no more. */
  readonly rejoined: readonly { readonly lostAt: number; readonly at: number }[];
}

type Ordered = Note & Order;

/** From what the peer has noted, and what the operator has noted about it. */
export function standingOf(own: readonly Note[], orders: readonly Ordered[]): Standing {
  const revoked = revokedIn(orders);
  const notes = [...own, ...orders].sort((one, other) => one.at - other.at);
  return { revoked, ...postingIn(notes), ...readingIn(notes) };
}

function revokedIn(orders: readonly Ordered[]): readonly Span[] {
  const revoked = track();
  for (const { note, right, may, at } of orders) {
    if (right !== "all") continue;
    if (note === "ordering") revoked.close(at);
    else if (!may) revoked.open(at);
  }
  return revoked.all();
}

/** A right that was given holds for the connections that are made from then on. */
function postingIn(notes: readonly Note[]): Pick<Standing, "mayPost" | "mayNotPost"> {
  const [mayPost, mayNotPost] = [track(), track()];
  let isCertain = true;
  for (const now of notes) {
    const { at } = now;
    if (isOrder(now) && now.right !== "read") {
      mayPost.close(at);
      mayNotPost.close(at);
      isCertain = now.note === "ordered" && now.may;
      if (now.right === "post" && now.note === "ordered" && !now.may) mayNotPost.open(at);
    } else if (isCertain && (now.note === "life" || now.note === "reconnected")) mayPost.open(at);
  }
  return { mayPost: mayPost.all(), mayNotPost: mayNotPost.all() };
}

type Reading = Pick<Standing, "owed" | "outside" | "mayNotRead" | "settled" | "rejoined">;

function readingIn(notes: readonly Note[]): Reading {
  const [member, outside, mayNotRead, settled] = [track(), track(), track(), track()];
  const rejoined: { lostAt: number; at: number }[] = [];
  let isCertain = true;
  let lostAt: number | undefined;
  let lastLostAt = 0;
  /** It asked to join when its right was certain. */
  let asked = false;
  const onOrder = (now: Ordered): void => {
    for (const each of [member, mayNotRead, settled]) each.close(now.at);
    asked = false;
    isCertain = now.note === "ordered" && now.may;
    if (now.may) return;
    if (now.note === "ordering") {
      lostAt = lastLostAt = now.at;
      return;
    }
    mayNotRead.open(now.at);
    if (now.settled === true) settled.open(now.at);
  };
  const onJoined = ({ at, durable }: Note & { readonly durable: string }): void => {
    if (!asked || durable !== "held") return;
    if (lostAt !== undefined) rejoined.push({ lostAt, at });
    lostAt = undefined;
    member.open(at);
  };
  const onOwn = (now: Note): void => {
    if (now.note === "left") outside.open(now.at);
    else if (now.note === "joined") onJoined(now);
    else if (now.note === "leaving") member.close(now.at);
    else if (now.note === "joining") {
      outside.close(now.at);
      asked = isCertain;
    }
  };
  for (const now of notes) {
    if (isOrder(now)) {
      if (now.right === "read") onOrder(now);
    } else if ("channel" in now && now.channel === changingChannel) onOwn(now);
  }
  return {
    owed: member.all().filter(({ from }) => from > lastLostAt),
    outside: outside.all(),
    mayNotRead: mayNotRead.all(),
    settled: settled.all(),
    rejoined,
  };
}

export function isOrder(note: Note): note is Ordered {
  return note.note === "ordering" || note.note === "ordered";
}

interface Track {
  open(at: number): void;
  close(at: number): void;
  all(): readonly Span[];
}

function track(): Track {
  const closed: Span[] = [];
  let from: number | undefined;
  return {
    open: (at) => {
      from ??= at;
    },
    close: (at) => {
      if (from !== undefined) closed.push({ from, to: at });
      from = undefined;
    },
    all: () => (from === undefined ? closed : [...closed, { from, to: Number.POSITIVE_INFINITY }]),
  };
}

/** The span in which all of it happened; what is noted within the same millisecond may have been before. */
export function spanAround(spans: readonly Span[], { from, to }: Span): Span | undefined {
  return spans.find((span) => span.from < from && to < span.to);
}
