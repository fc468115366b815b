import { changingChannel } from "./cast.ts";
import type { Handed, History, Sent } from "./history.ts";
import { type Span, type Standing, spanAround } from "./standing.ts";
import type { Violation } from "./violation.ts";

const lane = `#${changingChannel}`;

/**
 * Whether a post of the channel whose rights change is to be brought to somebody: it could not but be kept. Who has left
 * and joined again since may have read it back.
 */
export function isDue(message: Sent, standing: Standing | undefined, isRead: boolean): boolean {
  const span = spanAround(standing?.owed ?? [], message);
  return span !== undefined && !(isRead && Number.isFinite(span.to));
}

/** What was given or taken although there was no right to it, and what was refused although there was. */
export function unrightful({ sent, handed, standings }: History): readonly Violation[] {
  const messages = new Map(sent.map((message) => [message.id, message]));
  return [
    ...sent.flatMap((message) => postedBy(message, standings.get(message.sender))),
    ...handed.flatMap((receipt) => {
      const [message, standing] = [messages.get(receipt.id), standings.get(receipt.owner)];
      return message && standing ? handedTo(receipt, message, standing) : [];
    }),
  ];
}

function postedBy(message: Sent, standing: Standing | undefined): readonly Violation[] {
  if (standing === undefined) return [];
  const { id, sender, channel, stored, code } = message;
  const within = (spans: readonly Span[]): boolean => spanAround(spans, message) !== undefined;
  const found: string[] = [];
  if (stored && within(standing.revoked)) found.push(`${id} was stored, and ${sender} had no credential`);
  if (channel === lane && stored && within(standing.mayNotPost))
    found.push(`${id} was stored in ${lane}, and ${sender} might not post there`);
  if (channel === lane && code === "not-allowed" && within(standing.mayPost))
    found.push(`${id} was refused in ${lane}, and ${sender} might post there`);
  return found.map((text) => ({ of: "right", text }));
}

function handedTo(receipt: Handed, message: Sent, standing: Standing): readonly Violation[] {
  const why = whyNotDue(receipt, message, standing);
  const { id, owner, source } = receipt;
  return why === undefined ? [] : [{ of: "leak", text: `${id} came to ${owner} (${source}), ${why}` }];
}

function whyNotDue(receipt: Handed, message: Sent, standing: Standing): string | undefined {
  const { at, begun, historical } = receipt;
  const inHand = { from: begun, to: at };
  if (spanAround(standing.revoked, inHand)) return "whose credential was revoked before its process began";
  if (message.channel !== lane) return undefined;
  if (spanAround(standing.settled, inHand)) return "which might not read it when its process began";
  const untold = spanAround(standing.mayNotRead, message);
  if (untold && (!historical || at < untold.to)) return "which might not read it when it was posted";
  if (historical) return undefined;
  if (spanAround(standing.outside, message)) return "which had left when it was posted";
  const resumed = standing.rejoined.some((again) => message.to < again.lostAt && again.at < at);
  return resumed ? "which had lost the right to it, and was given that anew since" : undefined;
}
