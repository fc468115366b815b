import { appendFileSync, readFileSync } from "node:fs";

/** Where a message goes: `#team` a channel, `@bob` a peer, `%work` a role. */
export type Lane = `${"#" | "@" | "%"}${string}`;

/** What a peer notes about itself. Each note is written before what follows from it happens. */
export type Note = Event & { /** In ms since 1970. */ readonly at: number };

export type Event =
  /** A process of this peer has begun. */
  | { readonly note: "life"; readonly pid: number }
  | { readonly note: "joined"; readonly channel: string; readonly durable: string }
  /** It is about to send. */
  | { readonly note: "sending"; readonly id: string; readonly lane: Lane }
  /** The broker has said that it is stored. */
  | { readonly note: "stored"; readonly id: string }
  | { readonly note: "failed"; readonly id: string; readonly code: string }
  | Received
  | {
      readonly note: "gap";
      readonly channel: string;
      readonly reason: string;
      readonly count?: number | undefined;
    }
  /** Whom it sees alive, at the end. */
  | { readonly note: "roster"; readonly live: readonly string[] }
  /** It was asked to end, and has. */
  | { readonly note: "end" };

/** It was handed a message. */
export interface Received {
  readonly note: "received";
  readonly id: string;
  readonly source: string;
  readonly historical: boolean;
  readonly redelivered: boolean;
}

/** Appends at once: what stands in the file outlives a process that is killed. */
export function openJournal(path: string): (event: Event) => void {
  return (event) => appendFileSync(path, `${JSON.stringify({ ...event, at: Date.now() })}\n`);
}

/** The last line of a process that was killed may be torn. */
export function readJournal(path: string): readonly Note[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line): Note[] => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}
