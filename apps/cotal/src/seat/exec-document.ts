import type { Delivery, SendOptions } from "@cotal/endpoint";
import { CotalError } from "@cotal/subjects";
import { stateIn } from "../home/json-state.ts";
import type { ExecOutput } from "./work.ts";

/** What a command that handles messages reads: one JSON document on one line. */
export function documentOf({ message, kind, channel, sender, source, redelivered }: Delivery): string {
  return `${JSON.stringify({ v: 1, message, kind, channel, sender, source, redelivered })}\n`;
}

/** What it replies with, by what it has printed; nothing when that is nothing. */
export function replyIn(
  printed: string,
  output: ExecOutput,
): Pick<SendOptions, "text" | "parts" | "mentions"> | undefined {
  if (printed.trim() === "") return undefined;
  if (output === "text") return { text: printed.replace(/\r?\n$/, "") };
  const { parts, mentions } = stateIn(printed) ?? {};
  if (!Array.isArray(parts) || !(mentions === undefined || Array.isArray(mentions))) {
    throw new CotalError("exec-failed", "what the command has printed is not {parts, mentions?}", {
      hint: "print one JSON document, or leave --exec-output json away",
    });
  }
  // Whether each has the form of a part is checked when the message is composed.
  return { parts, ...(mentions && { mentions }) };
}
