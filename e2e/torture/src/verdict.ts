import { expectNoLeakAcrossOwners, expectNoLoss, expectOrder, type SentRecord } from "@cotal/harness";
import { actors, audience, durableChannel, liveChannel } from "./cast.ts";
import type { Lane, Note, Received } from "./journal.ts";

/** Of each peer, by its name. */
export type Journals = ReadonlyMap<string, readonly Note[]>;

export interface Play {
  /** What each peer has noted, by its name. */
  readonly journals: Journals;
  /** When the broker was killed: it may have forgotten then what it had handed out. */
  readonly brokerKills: readonly number[];
}

export interface Violation {
  readonly of: "loss" | "leak" | "repetition" | "order" | "gap" | "presence" | "status" | "crash";
  readonly text: string;
}

export interface Verdict {
  readonly sent: number;
  readonly stored: number;
  readonly received: number;
  readonly lives: number;
  readonly violations: readonly Violation[];
}

/** Holds what the peers have noted against what they were promised. */
export function judge({ journals, brokerKills }: Play): Verdict {
  const sent = [...journals].flatMap(([name, notes]) => sentBy(name, notes));
  const handed = [...journals].flatMap(([owner, notes]) =>
    livesIn(notes).flatMap((life, at) => receivedIn(life).map((note) => ({ ...note, owner, life: at }))),
  );
  const count = (of: Note["note"]): number =>
    [...journals.values()].flat().filter(({ note }) => note === of).length;
  return {
    sent: sent.length,
    stored: count("stored"),
    received: handed.length,
    lives: count("life"),
    violations: [
      ...lost(handed, sent),
      ...leaked(handed, sent),
      ...repeated(handed, brokerKills),
      ...disordered(handed, sent),
      ...[...journals].flatMap(([name, notes]) => [...gaps(name, notes), ...alone(name, notes)]),
    ],
  };
}

interface Sent extends SentRecord {
  readonly channel: Lane;
  readonly stored: boolean;
}

/** A message in the hands of a process. */
interface Handed extends Received {
  readonly at: number;
  readonly owner: string;
  /** Which process of its owner that was. */
  readonly life: number;
}

function sentBy(sender: string, notes: readonly Note[]): Sent[] {
  const stored = new Set(notes.flatMap((note) => (note.note === "stored" ? [note.id] : [])));
  return notes.flatMap((note) =>
    note.note === "sending" ? [{ id: note.id, sender, channel: note.lane, stored: stored.has(note.id) }] : [],
  );
}

/**
 * What was stored has come, except in a live channel, where who is away hears nothing. That somebody has read it back
 * does not count: it was to be brought.
 */
function lost(all: readonly Handed[], known: readonly Sent[]): readonly Violation[] {
  const handed = all.filter(({ historical }) => !historical);
  const sent = known.filter(({ stored, channel }) => stored && channel !== `#${liveChannel}`);
  const came = new Set(handed.map(({ id }) => id));
  const isTask = ({ channel }: Sent): boolean => channel.startsWith("%");
  const tasks = sent.filter((message) => isTask(message) && !came.has(message.id));
  const own = sent.filter((message) => !isTask(message));
  return [
    ...told("loss", () => expectNoLoss({ sent: own, received: handed, owners })),
    ...tasks.map(({ id }) => ({ of: "loss", text: `the task ${id} reached no worker` }) as const),
  ];
}

function leaked(handed: readonly Handed[], sent: readonly Sent[]): readonly Violation[] {
  return told("leak", () => expectNoLeakAcrossOwners({ sent, received: handed, owners }));
}

function owners({ channel, sender }: SentRecord): readonly string[] {
  return audience(channel as Lane, sender);
}

/**
 * Each process is handed a message once; another one what an earlier may have handled, and it is told so. A task
 * has one worker. Nobody can tell of what an earlier process heard live and was killed before its copy came, nor of
 * what a broker handed out that was killed.
 */
function repeated(handed: readonly Handed[], brokerKills: readonly number[]): readonly Violation[] {
  const before = new Map<string, Handed>();
  const violations: Violation[] = [];
  for (const now of [...handed].sort((a, b) => a.at - b.at)) {
    const { id, owner, source } = now;
    const key = source === "anycast" ? id : `${id} of ${owner}`;
    const earlier = before.get(key);
    before.set(key, now);
    if (earlier === undefined) continue;
    const isSame = earlier.owner === owner && earlier.life === now.life;
    const isTold = now.redelivered || now.historical;
    const isForgotten =
      earlier.source === "live" || brokerKills.some((at) => earlier.at <= at && at <= now.at);
    if (isSame || !(isTold || isForgotten)) {
      const whom = isSame ? `one process of ${owner}` : `${earlier.owner} and ${owner}, as if it were new`;
      violations.push({ of: "repetition", text: `${id} came twice to ${whom}` });
    }
  }
  return violations;
}

/** By each route but that of tasks, what one sender sent to one place comes in that order, unless handed out again. */
function disordered(handed: readonly Handed[], sent: readonly Sent[]): readonly Violation[] {
  const received = handed
    .filter(({ redelivered, historical, source }) => !redelivered && !historical && source !== "anycast")
    .map(({ id, owner, life, source }) => ({ id, owner: `process ${life} of ${owner} (${source})` }));
  return told("order", () => expectOrder({ sent, received }));
}

/** Nothing was cut, so nothing may be told to be missing of what is kept. */
function gaps(name: string, notes: readonly Note[]): readonly Violation[] {
  return notes.flatMap((note): Violation[] =>
    note.note === "gap" && (note.channel === durableChannel || note.reason === "quota")
      ? [
          {
            of: "gap",
            text: `${name} was told that something of ${note.channel} is missing (${note.reason})`,
          },
        ]
      : [],
  );
}

/** In the end everybody sees everybody. */
function alone(name: string, notes: readonly Note[]): readonly Violation[] {
  const rosters = notes.flatMap((note) => (note.note === "roster" ? [note.live] : []));
  const seen = new Set(rosters.at(-1));
  return actors
    .filter((actor) => !seen.has(actor.name))
    .map((actor) => ({ of: "presence", text: `in the end ${name} does not see ${actor.name}` }));
}

function livesIn(notes: readonly Note[]): readonly (readonly Note[])[] {
  const lives: Note[][] = [];
  for (const note of notes) {
    if (note.note === "life") lives.push([]);
    lives.at(-1)?.push(note);
  }
  return lives;
}

function receivedIn(notes: readonly Note[]): readonly (Received & { readonly at: number })[] {
  return notes.filter((note) => note.note === "received");
}

function told(of: Violation["of"], check: () => void): readonly Violation[] {
  try {
    check();
    return [];
  } catch (error) {
    return [{ of, text: error instanceof Error ? error.message : String(error) }];
  }
}
