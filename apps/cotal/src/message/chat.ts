import { once } from "node:events";
import type { Interface } from "node:readline";
import type { Endpoint, SendOptions } from "@cotal/endpoint";
import { onAbort } from "@cotal/session";
import { type Channel, CotalError } from "@cotal/subjects";
import type { Host } from "../host.ts";
import { codedError } from "../report/coded-error.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { parseChatLine } from "./chat-line.ts";
import { messageLines, shownMessage } from "./message-lines.ts";
import { readTyped } from "./typed-lines.ts";

export interface Chat {
  readonly endpoint: Endpoint;
  /** Where a typed line goes. */
  readonly channel: Channel | undefined;
  readonly host: Host;
  readonly show: (outcome: Outcome) => void;
}

/** Shows what arrives until the input ends or somebody interrupts; on a terminal, sends what is typed. */
export async function chat({ show: print, ...rest }: Chat): Promise<void> {
  const { endpoint, host } = rest;
  const { lines, above } = readTyped(host);
  const show: Chat["show"] = (outcome) => above(() => print(outcome));
  const over = new AbortController();
  const forget = onAbort(host.interrupted, () => over.abort());
  const unfollow = endpoint.on("state", ({ state, error }) => {
    const why = error === undefined ? "" : `: ${error.message}`;
    if (state === "stopped") over.abort(error ?? new CotalError("stopped", "this peer was stopped"));
    show({ result: { event: "state", state, code: error?.code }, lines: [[toned("dim", `${state}${why}`)]] });
  });
  const receiving = endpoint.onMessage(async (delivery) => {
    const message = shownMessage(delivery, endpoint);
    show({ result: { event: "message", ...message }, lines: messageLines(message) });
  });
  try {
    await untilEnd({ ...rest, show }, lines, over);
  } finally {
    forget();
    unfollow();
    await receiving.stop();
  }
}

async function untilEnd(chat: Chat, lines: Interface, over: AbortController): Promise<void> {
  const { stdin, interrupted } = chat.host;
  const forget = onAbort(over.signal, () => lines.close());
  // A terminal in the hands of the line editor hands Ctrl-C on as this.
  lines.on("SIGINT", () => lines.close());
  if (stdin.isTerminal) lines.on("line", (line) => void typed(chat, lines, line).catch(told(chat)));
  await once(lines, "close");
  forget();
  stdin.stream.destroy();
  if (over.signal.aborted && !interrupted.aborted) throw over.signal.reason;
}

async function typed({ endpoint, channel, show }: Chat, lines: Interface, text: string): Promise<void> {
  const line = parseChatLine(text);
  const send = async (options: SendOptions): Promise<void> => {
    const { seq } = await endpoint.send(options);
    if (options.to !== undefined) show({ result: {}, lines: [[toned("dim", `stored seq ${seq}`)]] });
  };
  switch (line.kind) {
    case "nothing":
      return;
    case "quit":
      lines.close();
      return;
    case "help":
      show({ result: {}, lines: chatHelp(channel) });
      return;
    case "post":
      if (channel === undefined) show({ result: {}, lines: chatHelp(channel) });
      else await send({ channel, text: line.text });
      return;
    case "direct":
      await send({ to: line.to, text: line.text });
  }
}

/** A line that cannot be sent does not end the chat. */
function told({ show }: Chat): (error: unknown) => void {
  return (error) => {
    const { code, message } = codedError(error);
    show({ result: {}, lines: [[toned("bad", "not sent "), `${message} `, toned("dim", `(${code})`)]] });
  };
}

export function chatHelp(channel: Channel | undefined): Line[] {
  const posts = channel === undefined ? "no channel is joined to post to" : `a line is posted to ${channel}`;
  return [[toned("dim", `${posts}; /to <peer> <text> goes to a peer; /quit or Ctrl-C ends`)]];
}
