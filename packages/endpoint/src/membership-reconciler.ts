/**
 * What is known and wanted of the durable membership of one channel.
 *
 * 1. At most one request is under way: in `joining` and `leaving`, and nowhere else.
 * 2. What was asked for and is not wanted any more is left, also when no answer came: it may be held.
 * 3. A membership that is not wanted is asked to end until the service says that it has.
 * 4. A leave that a caller asked for is tried once; when it fails the membership is wanted as before.
 */
export type Membership =
  /** `next` is what to do once the answer is there. */
  | (Wanted & { readonly kind: "joining"; readonly attempt: number; readonly next: Next })
  /** Wanted, and asked for again when it is due. */
  | (Wanted & { readonly kind: "unheld"; readonly attempt: number; readonly code: string })
  | (Wanted & { readonly kind: "held"; readonly generation: number })
  | (Wanted & {
      readonly kind: "leaving";
      readonly generation?: number | undefined;
      readonly attempt: number;
      readonly next: "keep" | "end" | "rejoin";
    })
  /** Not wanted, and asked to end again when it is due. */
  | {
      readonly kind: "unleft";
      readonly generation?: number | undefined;
      readonly attempt: number;
      readonly code: string;
    };

interface Wanted {
  /** What was posted after this is to be kept; what is posted from the request on, when absent. */
  readonly since?: number | undefined;
}

/** `try-leave` fails closed; `end` does not rest. */
type Next = "keep" | "try-leave" | "end";

export type MembershipEvent =
  | (Wanted & { readonly kind: "want" })
  | { readonly kind: "try-leave" }
  | { readonly kind: "end" }
  | { readonly kind: "joined"; readonly generation: number }
  /** It is held from an earlier life of this program. */
  | { readonly kind: "found"; readonly generation: number }
  | { readonly kind: "join-failed"; readonly code: string; readonly evicted?: boolean }
  | { readonly kind: "left" }
  /** `certain`: nothing has changed. */
  | { readonly kind: "leave-failed"; readonly code: string; readonly certain: boolean }
  /** It is time to ask again: the wait is over, or there is a new connection. */
  | { readonly kind: "due" };

export type MembershipCommand =
  | (Wanted & { readonly kind: "join" })
  | { readonly kind: "leave"; readonly generation?: number | undefined }
  /** Says `due` later; it takes the place of an earlier wait. */
  | { readonly kind: "wait"; readonly attempt: number };

/** `undefined`: nothing is held or wanted. */
type Step = readonly [next: Membership | undefined, command?: MembershipCommand];

export function transition(state: Membership | undefined, event: MembershipEvent): Step {
  if (event.kind === "found") return [state ?? { kind: "held", generation: event.generation }];
  switch (state?.kind) {
    case undefined:
      return fromNone(event);
    case "joining":
      return fromJoining(state, event);
    case "unheld":
      return fromUnheld(state, event);
    case "held":
      return fromHeld(state, event);
    case "leaving":
      return fromLeaving(state, event);
    case "unleft":
      return fromUnleft(state, event);
  }
}

type Change = Exclude<MembershipEvent, { readonly kind: "found" }>;
type In<Kind> = Extract<Membership, { kind: Kind }>;

function join(since: number | undefined, attempt = 1): Step {
  return [
    { kind: "joining", since, attempt, next: "keep" },
    { kind: "join", since },
  ];
}

function leave(next: In<"leaving">["next"], of: Partial<In<"leaving">> = {}): Step {
  const { since, generation, attempt = 1 } = of;
  return [
    { kind: "leaving", since, generation, attempt, next },
    { kind: "leave", generation },
  ];
}

/** Without being known here it may be held from an earlier life of this program. */
function fromNone(event: Change): Step {
  if (event.kind === "want") return join(event.since);
  if (event.kind === "try-leave") return leave("keep");
  return [undefined];
}

function fromJoining(state: In<"joining">, event: Change): Step {
  const { next } = state;
  switch (event.kind) {
    case "want":
      return [{ ...state, next: next === "end" ? "keep" : next }];
    case "try-leave":
      return [{ ...state, next: next === "end" ? "end" : "try-leave" }];
    case "end":
      return [{ ...state, next: "end" }];
    case "joined":
    case "join-failed":
      if (next === "keep") return afterJoin(state, event);
      return leave(next === "end" ? "end" : "keep", {
        since: state.since,
        generation: event.kind === "joined" ? event.generation : undefined,
      });
    default:
      return [state];
  }
}

function afterJoin(
  { since, attempt }: In<"joining">,
  event: Extract<MembershipEvent, { kind: "joined" | "join-failed" }>,
): Step {
  if (event.kind === "joined") return [{ kind: "held", since, generation: event.generation }];
  const { code, evicted = false } = event;
  return [
    { kind: "unheld", since: evicted ? undefined : since, attempt, code },
    { kind: "wait", attempt },
  ];
}

function fromUnheld(state: In<"unheld">, event: Change): Step {
  if (event.kind === "due") return join(state.since, state.attempt + 1);
  if (event.kind === "try-leave") return leave("keep", { since: state.since });
  if (event.kind === "end") return leave("end");
  return [state];
}

function fromHeld(state: In<"held">, event: Change): Step {
  const { since, generation } = state;
  if (event.kind === "try-leave") return leave("keep", { since, generation });
  if (event.kind === "end") return leave("end", { generation });
  return [state];
}

function fromLeaving(state: In<"leaving">, event: Change): Step {
  const { next } = state;
  switch (event.kind) {
    case "want":
      return [next === "keep" ? state : { ...state, next: "rejoin", since: event.since }];
    case "try-leave":
      return [{ ...state, next: next === "rejoin" ? "keep" : next }];
    case "end":
      return [{ ...state, next: "end" }];
    case "left":
      return next === "rejoin" ? join(state.since) : [undefined];
    case "leave-failed":
      return afterFailedLeave(state, event);
    default:
      return [state];
  }
}

function afterFailedLeave(
  { next, since, generation, attempt }: In<"leaving">,
  { code, certain }: Extract<MembershipEvent, { kind: "leave-failed" }>,
): Step {
  if (next === "keep" && certain && generation !== undefined) return [{ kind: "held", since, generation }];
  if (next !== "end") {
    return [
      { kind: "unheld", since, attempt: 1, code },
      { kind: "wait", attempt: 1 },
    ];
  }
  return [
    { kind: "unleft", generation, attempt, code },
    { kind: "wait", attempt },
  ];
}

function fromUnleft(state: In<"unleft">, event: Change): Step {
  const { generation, attempt } = state;
  if (event.kind === "want") return join(event.since);
  if (event.kind === "due") return leave("end", { generation, attempt: attempt + 1 });
  return [state];
}
