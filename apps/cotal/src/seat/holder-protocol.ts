import type { Socket } from "node:net";
import type { ProcessIdentity } from "@cotal/broker";
import { CotalError } from "@cotal/subjects";
import type { Release } from "../release.ts";
import type { Size } from "./child.ts";

/** What a command of this host asks of a holder, one JSON document on a line. */
export type HolderRequest =
  /** Who are you? */
  | { readonly op: "hello" }
  /** Types a line. */
  | { readonly op: "input"; readonly text: string }
  /** Takes no more messages, and ends once those in hand are handled. */
  | { readonly op: "drain" }
  /** What stands on the screen now. */
  | { readonly op: "screen" }
  /** Shows the screen, and from then on what changes; takes what is typed. */
  | ({ readonly op: "attach" } & Size);

export type HolderAnswer =
  | {
      readonly ok: true;
      readonly identity?: ProcessIdentity;
      /** Of the program that the holder runs. */
      readonly release?: Release;
      readonly lines?: readonly string[];
    }
  | { readonly ok: false; readonly code: "usage" | "agent-not-running"; readonly message: string };

/** After `attach`: what is typed there, or how large the terminal is now. */
export type AttachedWord = { readonly typed: string } | { readonly size: Size };
/** And what the screen gets, in base64. */
export interface ShownBytes {
  readonly shown: string;
}

export function sendLine(
  socket: Socket,
  document: HolderRequest | HolderAnswer | AttachedWord | ShownBytes,
): void {
  if (socket.writable) socket.write(`${JSON.stringify(document)}\n`);
}

/** Much more than anybody types at once. */
const mostBytes = 2 * 1024 * 1024;

/** The documents that come, until the other side ends. What is no document ends it with `bad-request`. */
export async function* documentsIn(socket: Socket): AsyncGenerator<unknown> {
  let rest = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      yield documentIn(rest.subarray(0, end).toString("utf8"));
      rest = rest.subarray(end + 1);
    }
    if (rest.byteLength > mostBytes) throw malformed();
  }
}

function documentIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): CotalError {
  return new CotalError("bad-request", "what came over the socket of an agent is no request", { cause });
}
