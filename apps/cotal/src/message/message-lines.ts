import type { Delivery, Endpoint } from "@cotal/endpoint";
import { type Line, toned } from "../report/line.ts";

/** A message as scripts get it. Its sender is the one that the broker vouches for. */
export interface ShownMessage {
  readonly id: string;
  readonly from: { readonly id: string; readonly name: string };
  readonly kind: Delivery["kind"];
  readonly channel: string | undefined;
  readonly parts: Delivery["message"]["parts"];
  readonly replyTo: string | undefined;
  readonly contextId: string | undefined;
  readonly historical: boolean;
}

export function shownMessage(
  {
    message,
    sender,
    kind,
    channel,
    historical,
  }: Pick<Delivery, "message" | "sender" | "kind" | "channel" | "historical">,
  endpoint: Pick<Endpoint, "resolve">,
): ShownMessage {
  const resolution = endpoint.resolve(sender);
  const name = resolution.kind === "found" ? resolution.peer.name : message.from.name;
  const { id, parts, replyTo, contextId } = message;
  return { id, from: { id: sender, name }, kind, channel, parts, replyTo, contextId, historical };
}

/** For people: who says it and where, then what. */
export function messageLines({
  from,
  channel,
  parts,
}: Pick<ShownMessage, "from" | "channel" | "parts">): Line[] {
  const head = channel === undefined ? from.name : `${from.name} in ${channel}`;
  const [first = "", ...others] = parts.flatMap((part) =>
    part.kind === "text" ? String(part.text).split("\n") : [JSON.stringify(part)],
  );
  return [[toned("strong", `${head}: `), first], ...others];
}
