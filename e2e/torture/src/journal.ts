import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** Where a message goes: `#team` a channel, `@bob` a peer, `%work` a role. */
export type Lane = `${"#" | "@" | "%"}${string}`;

/** What a peer notes about itself, or the operator about a peer. Each note is written before what follows from it. */
export type Note = Event & { /** In ms since 1970. */ readonly at: number };

export type Event =
  /** A process of this peer has begun. */
  | { readonly note: "life"; readonly pid: number }
  /** It is about to join or to leave. */
  | { readonly note: "joining" | "leaving" | "left"; readonly channel: string }
  | { readonly note: "joined"; readonly channel: string; readonly durable: string }
  /** It is connected anew, with the credential that it has now. */
  | { readonly note: "reconnected" }
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
  /** Its endpoint has stopped by itself. */
  | { readonly note: "stopped"; readonly code: string }
  /** It was asked to end, and has. */
  | { readonly note: "end" }
  | Order;

/** The operator gives a peer a right in the channel whose rights change, or takes it away. */
export interface Order {
  readonly note: "ordering" | "ordered";
  readonly peer: string;
  /** `all`: its credential is void, or good again. */
  readonly right: "read" | "post" | "all";
  readonly may: boolean;
  /** What had been kept for it was removed before the answer. */
  readonly settled?: boolean;
}

/** It was handed a message. */
export interface Received {
  readonly note: "received";
  readonly id: string;
  readonly source: string;
  readonly historical: boolean;
  readonly redelivered: boolean;
  /** What it is the reply to, where it is one. */
  readonly replyTo?: string | undefined;
}

/** Appends at once: what stands in the file outlives a process that is killed. */
export function openJournal(path: string): (event: Event) => void {
  return (event) => appendFileSync(path, `${JSON.stringify({ ...event, at: Date.now() })}\n`);
}

/** Nothing when nobody has noted anything. The last line of a process that was killed may be torn. */
export function readJournal(path: string): readonly Note[] {
  if (!existsSync(path)) return [];
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
