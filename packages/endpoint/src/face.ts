import { asChannel, asToken, CotalError } from "@cotal/subjects";
import type { Announcer } from "./announcer.ts";
import type { Assembled } from "./assembled.ts";
import type { Mode } from "./core.ts";
import type { Endpoint } from "./endpoint.ts";
import { healthOf } from "./health.ts";
import type { MembershipFeed } from "./membership-feed.ts";

/** What a program sees of the assembled parts. */
export function faceOf(assembled: Assembled): Endpoint {
  const { core, parts, link, linkWait } = assembled;
  const { self, mode, events } = core;
  const { receiver, sending, roster, asking, serving, channels, listing } = parts;
  const announcer = (): Announcer => parts.announcer ?? refuse(mode, "a presence of its own", "peer");
  const feed = (): MembershipFeed => parts.feed ?? refuse(mode, "the membership feed", "observer");
  const stop = once(() => end(assembled));
  return {
    ref: { id: self.id, name: self.name, ...(self.role !== undefined && { role: self.role }) },
    get state() {
      return linkWait.state;
    },
    on: events.on,
    health: () => healthOf(assembled),
    send: sending.send,
    messages: receiver.messages,
    onMessage: receiver.onMessage,
    join: (channel, options) => channels.join(channel, options),
    leave: (channel) => channels.leave(channel),
    joined: () => channels.joined(),
    channels: listing.channels,
    members: listing.members,
    history: parts.history,
    recall: parts.recall,
    roster: () => roster.entries(),
    rosterFreshness: () => roster.freshness(),
    resolve: (target) => roster.resolve(target),
    setStatus: async (status) => announcer().setStatus(status),
    setActivity: async (activity) => announcer().setActivity(activity),
    setAttention: async (attention) => announcer().setAttention(attention),
    setChannelMode: async (channel, channelMode) =>
      announcer().setChannelMode(asChannel(channel), channelMode),
    request: async (service, op, args, options) =>
      asking.request(asToken("service", service), op, args, options),
    serve: serving.serve,
    membership: () => feed().membership(),
    onMembership: (listener) => feed().onMembership(listener),
    reconnect: async () => void (await link.reconnect()),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** What is being handled may come to its end while the link still stands to settle it. */
async function end({ core, parts, link }: Assembled): Promise<void> {
  const failed = (part: string) => (error: unknown) => core.fault(part, error);
  await parts.receiver.stop().catch(failed("receiver"));
  await parts.announcer?.leave().catch(failed("presence"));
  await link.stop();
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}

function refuse(mode: Mode, what: string, needed: Mode): never {
  throw new CotalError("bad-mode", `who connects as ${mode} has not ${what}`, {
    hint: `connect with mode ${needed}`,
    data: { mode },
  });
}
