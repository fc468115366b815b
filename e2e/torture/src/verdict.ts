import { expectNoLeakAcrossOwners, expectNoLoss, expectOrder, type SentRecord } from "@cotal/harness";
import { actors, audience, changingChannel, durableChannel, liveChannel, parrot } from "./cast.ts";
import { type Handed, type History, historyOf, type Journals, type Sent } from "./history.ts";
import type { Lane, Note } from "./journal.ts";
import { isDue, unrightful } from "./rights-verdict.ts";
import type { Violation } from "./violation.ts";

export interface Play {
  /** What each peer has noted, by its name. */
  readonly journals: Journals;
  /** What the operator has ordered. */
  readonly operator?: readonly Note[];
  /** When the broker was killed: it may have forgotten then what it had handed out. */
  readonly brokerKills: readonly number[];
}

export interface Verdict {
  readonly sent: number;
  readonly stored: number;
  readonly received: number;
  readonly lives: number;
  readonly violations: readonly Violation[];
}

/** Holds what the peers have noted against what they were promised. */
export function judge({ journals, operator = [], brokerKills }: Play): Verdict {
  const history = historyOf(journals, operator);
  const { sent, handed } = history;
  const count = (of: Note["note"]): number =>
    [...journals.values()].flat().filter(({ note }) => note === of).length;
  return {
    sent: sent.length,
    stored: count("stored"),
    received: handed.length,
    lives: count("life"),
    violations: [
      ...lost(history),
      ...unanswered(history),
      ...leaked(history),
      ...unrightful(history),
      ...repeated(handed, brokerKills),
      ...disordered(history),
      ...[...journals].flatMap(([name, notes]) => [...gaps(name, notes), ...alone(name, notes)]),
    ],
  };
}

/**
 * What was stored has come, except in a live channel, where who is away hears nothing. That somebody has read it back
 * does not count: it was to be brought.
 */
function lost({ sent: known, handed: all, standings }: History): readonly Violation[] {
  const handed = all.filter(({ historical }) => !historical);
  const sent = known.filter(({ stored, channel }) => stored && channel !== `#${liveChannel}`);
  const came = new Set(handed.map(({ id }) => id));
  const isTask = ({ channel }: Sent): boolean => channel.startsWith("%");
  const tasks = sent.filter((message) => isTask(message) && !came.has(message.id));
  const own = sent.filter((message) => !isTask(message));
  const due = new Map(own.map((message) => [message.id, message]));
  const readBack = new Set(all.map(({ id, owner }) => `${id} ${owner}`));
  const dueTo = (message: SentRecord): readonly string[] => {
    const known = due.get(message.id);
    const isChanging = message.channel === `#${changingChannel}`;
    const isOwed = (owner: string): boolean =>
      known !== undefined && isDue(known, standings.get(owner), readBack.has(`${known.id} ${owner}`));
    return owners(message).filter((owner) => !isChanging || isOwed(owner));
  };
  return [
    ...told("loss", () => expectNoLoss({ sent: own, received: handed, owners: dueTo })),
    ...tasks.map(({ id }) => ({ of: "loss", text: `the task ${id} reached no worker` }) as const),
  ];
}

/** An answer is due to whoever asked. */
function leaked({ handed, sent }: History): readonly Violation[] {
  const received = handed.map(({ id, owner, replyTo }) => ({ id: replyTo ?? id, owner }));
  const asker = ({ channel, sender }: SentRecord): readonly string[] => (isAsked(channel) ? [sender] : []);
  const dueTo = (message: SentRecord): readonly string[] => [...owners(message), ...asker(message)];
  return told("leak", () => expectNoLeakAcrossOwners({ sent, received, owners: dueTo }));
}

/** What the agent was told to be stored it answers, whatever became of its processes. */
function unanswered({ handed, sent }: History): readonly Violation[] {
  const answered = new Set(handed.map(({ owner, replyTo }) => `${replyTo} ${owner}`));
  return sent
    .filter(({ id, sender, channel, stored }) => {
      return stored && isAsked(channel) && !answered.has(`${id} ${sender}`);
    })
    .map(({ id }) => ({ of: "loss", text: `${id} was not answered by ${parrot}` }));
}

const isAsked = (lane: string): boolean => lane === `@${parrot}`;

function owners({ channel, sender }: SentRecord): readonly string[] {
  return audience(channel as Lane, sender);
}

/**
 * Each process is handed a message once; another one what an earlier may have handled, and it is told so. A task
 * has one worker. To be told of the past is not to be handed anything.
 */
function repeated(handed: readonly Handed[], brokerKills: readonly number[]): readonly Violation[] {
  const shown = new Set<string>();
  const before = new Map<string, Handed>();
  const found: string[] = [];
  for (const now of [...handed].sort((a, b) => a.at - b.at)) {
    const { id, owner, life, source, historical, redelivered } = now;
    const key = source === "anycast" ? id : `${id} of ${owner}`;
    const inProcess = `${id} of ${owner} ${life}`;
    const earlier = before.get(key);
    if (!historical) before.set(key, now);
    if (shown.has(inProcess)) found.push(`${id} came twice to one process of ${owner}`);
    else if (earlier && !historical && !redelivered && !isForgotten(earlier, now, brokerKills))
      found.push(`${id} came twice to ${earlier.owner} and ${owner}, as if it were new`);
    shown.add(inProcess);
  }
  return found.map((text) => ({ of: "repetition", text }));
}

/**
 * Nobody can tell of what an earlier process heard, or read after a reconnect, and was ended before its copy came, nor
 * of what a broker handed out that was killed.
 */
function isForgotten(earlier: Handed, now: Handed, brokerKills: readonly number[]): boolean {
  const hadNoCopy = earlier.source === "live" || earlier.source === "history";
  return hadNoCopy || brokerKills.some((at) => earlier.at <= at + inHandMs && at <= now.at);
}

/** What was on its way when the broker was killed comes later to a process that stood still. */
const inHandMs = 4_000;

/** By each route but that of tasks, what one sender sent to one place comes in that order, unless handed out again. */
function disordered({ handed, sent }: History): readonly Violation[] {
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

function told(of: Violation["of"], check: () => void): readonly Violation[] {
  try {
    check();
    return [];
  } catch (error) {
    return [{ of, text: error instanceof Error ? error.message : String(error) }];
  }
}
