import type { Delivery, Endpoint } from "@cotal/endpoint";
import { messageLines, type ShownMessage, shownMessage } from "../message/message-lines.ts";
import { type Line, toned } from "../report/line.ts";
import { formatMoment } from "./moment.ts";

/** A post as scripts get it. */
export interface ShownPost extends ShownMessage {
  /** When it was stored, or heard, in UTC. */
  readonly at: string;
  /** Its place in the channel stream; absent of one that was heard. */
  readonly seq: number | undefined;
}

/** A post that was read back, or heard. */
export type Post = Pick<Delivery, "message" | "sender" | "channel" | "seq" | "historical"> & {
  readonly at: number;
};

export function shownPost({ at, seq, ...post }: Post, endpoint: Pick<Endpoint, "resolve">): ShownPost {
  return { at: new Date(at).toISOString(), seq, ...shownMessage({ ...post, kind: "channel" }, endpoint) };
}

export interface LineStyle {
  readonly utc?: boolean | undefined;
}

/** When, who and where; then what. */
export function postLines(post: ShownPost, style: LineStyle): Line[] {
  const [first = "", ...others] = messageLines(post);
  const pieces = typeof first === "string" ? [first] : first;
  return [[toned("dim", `${formatMoment(Date.parse(post.at), style)}  `), ...pieces], ...others];
}
