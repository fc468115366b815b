import { type Endpoint, type Outcome as Reception, retryLater } from "@cotal/endpoint";
import { CotalError } from "@cotal/subjects";
import { asMessageId, freshId } from "@cotal/wire";
import type { Call, Definition } from "../command.ts";
import type { Host } from "../host.ts";
import { withBriefPeer } from "../mesh/brief-peer.ts";
import { lookAround } from "../mesh/look-around.ts";
import { openRunningMesh, type RunningMesh } from "../mesh/running-mesh.ts";
import { type SeatIdentity, seatIdentity } from "../mesh/seat-identity.ts";
import { withSeatView } from "../mesh/seat-view.ts";
import { listenForReply, type ReplyOptions } from "../message/await-reply.ts";
import { messageLines, type ShownMessage, shownMessage } from "../message/message-lines.ts";
import { withOwnIdentity } from "../message/own-identity.ts";
import { readText } from "../message/read-text.ts";
import { inSend, type Note, sendOnce } from "../message/send-once.ts";
import { type Audience, audienceOf, type Sent, sentLine, wouldSendLine } from "../message/sent.ts";
import { ownSpeaker, seatSpeaker } from "../message/speakers.ts";
import { type Target, targetOf, type Wish, wishOf } from "../message/target.ts";
import type { Outcome } from "../report/reporter.ts";
import { listSeats } from "../seat/seat.ts";

type Name = "channel" | "to" | "role" | "file" | "id" | "waitReply" | "timeout" | "dryRun";
type SendCall = Call<Name, "text">;

export const definition: Definition<Name, "text"> = {
  options: ["channel", "to", "role", "file", "id", "waitReply", "timeout", "dryRun"],
  arguments: ["text"],
  details: [
    "One of --channel, --to and --role says where it goes. The receipt says that it is stored, and never that",
    "anybody has seen it. A text that begins with a dash stands behind two of them: cotal send -t bob -- -1",
  ],
};

export async function run(call: SendCall): Promise<Outcome> {
  const { options, words, host, step } = call;
  const wish = wishOf(options);
  const id = options.id === undefined ? freshId() : asMessageId(options.id);
  const text = await readText({ word: words.text, file: options.file }, host);
  const seat = seatIdentity(host);
  if (options.dryRun === true) return await planned({ wish, id, text }, host);
  if (seat !== undefined && options.waitReply === true)
    return await sendAndWaitAs(seat, { id, text, wish }, call);
  if (seat !== undefined) {
    const target = await seatTarget(seat, wish, host.interrupted);
    const sent = await sendOnce(await seatSpeaker(seat), { target, text, id }, host.interrupted);
    return outcomeOf({ id, target, audience: unknownAudience }, sent);
  }
  const mesh = await openRunningMesh(host);
  const aim = await takeAim(mesh, wish, host.interrupted);
  const note = { ...aim, text, id };
  if (options.waitReply === true) return await sendAndWait(mesh, note, call);
  step(`sending as ${mesh.settings.peer}`);
  return outcomeOf(note, await sendOnce(await ownSpeaker(mesh), note, host.interrupted));
}

/** Whom it would reach. */
async function planned({ wish, id, text }: Wished, host: Host): Promise<Outcome> {
  const seat = seatIdentity(host);
  const signal = host.interrupted;
  const { target, audience } =
    seat === undefined
      ? await takeAim(await openRunningMesh(host), wish, signal)
      : { target: await seatTarget(seat, wish, signal), audience: unknownAudience };
  const bytes = Buffer.byteLength(text);
  return {
    result: { id, target, audience, bytes, dryRun: true },
    lines: [wouldSendLine({ target, bytes }, audience)],
  };
}

async function seatTarget(seat: SeatIdentity, wish: Wish, signal: AbortSignal): Promise<Target> {
  if (wish.kind !== "peer") return wish;
  return await withSeatView(seat, signal, async (endpoint) => targetOf(wish, endpoint));
}

interface Aim {
  readonly target: Target;
  readonly audience: Audience;
}

/** Who is meant, and who is there. A channel is what it is called. */
async function takeAim(mesh: RunningMesh, wish: Wish, signal: AbortSignal): Promise<Aim> {
  if (wish.kind === "channel") return { target: wish, audience: { kind: "unknown" } };
  const { seats } = await listSeats(mesh.files);
  return await lookAround(mesh, { dial: mesh.dial, signal }, async (endpoint) => {
    const target = targetOf(wish, endpoint);
    return { target, audience: audienceOf(target, { endpoint, seats }) };
  });
}

const defaultTimeoutMs = 60_000;
/** For all that stands around the wait. */
const spareMs = 10 * 60_000;

async function sendAndWait(mesh: RunningMesh, note: Note & Aim, call: SendCall): Promise<Outcome> {
  const { host, step, options } = call;
  const { timeout: timeoutMs = defaultTimeoutMs } = options;
  step("making a peer that can be replied to");
  const brief = { mode: "sender", lifeMs: timeoutMs + spareMs, host, step } as const;
  const later = "a reply that comes later is refused (peer-retired)";
  return await withBriefPeer(mesh, brief, (endpoint) =>
    exchange(endpoint, note, { call, broker: mesh.files.broker, later }),
  );
}

/** Where nobody can be made for it, somebody who exists already asks; what others say to it meanwhile is kept. */
async function sendAndWaitAs(
  seat: SeatIdentity,
  { id, text, wish }: Wished,
  call: SendCall,
): Promise<Outcome> {
  const later = `a reply that comes later waits for ${seat.name}`;
  return await withOwnIdentity(seat, call.host, (endpoint) => {
    const note = { id, text, target: targetOf(wish, endpoint), audience: unknownAudience };
    return exchange(endpoint, note, { call, broker: undefined, later, others: retryLater() });
  });
}

interface Wished extends Pick<Note, "id" | "text"> {
  readonly wish: Wish;
}

const unknownAudience: Audience = { kind: "unknown" };

interface Exchange extends Pick<ReplyOptions, "broker" | "later"> {
  readonly call: SendCall;
  readonly others?: Reception;
}

async function exchange(
  endpoint: Endpoint,
  note: Note & Aim,
  { call, others, ...more }: Exchange,
): Promise<Outcome> {
  const { host, step, options } = call;
  const { timeout: timeoutMs = defaultTimeoutMs } = options;
  const { target, text, id } = note;
  const { channel, role } = { channel: undefined, role: undefined, ...target };
  const to = target.kind === "peer" ? target.id : undefined;
  const wait = listenForReply(endpoint, id, others);
  const sent = await endpoint.send({ channel, role, to, text, id }).catch((error) => {
    throw inSend(error, id);
  });
  step(`stored seq ${sent.seq}; waiting for the reply`);
  try {
    const delivery = await wait.reply({ timeoutMs, signal: host.interrupted, ...more });
    return outcomeOf(note, sent, { reply: shownMessage(delivery, endpoint) });
  } catch (error) {
    if (!(error instanceof CotalError)) throw error;
    return outcomeOf(note, sent, { failure: error });
  }
}

interface End {
  readonly reply?: ShownMessage;
  readonly failure?: CotalError;
}

function outcomeOf(
  { id, target, audience }: Aim & Pick<Note, "id">,
  sent: Sent,
  { reply, failure }: End = {},
): Outcome {
  const { seq, duplicate } = sent;
  const line = sentLine(sent, audience);
  return {
    result: { id, seq, duplicate, target, audience, reply },
    lines: [line, ...(reply === undefined ? [] : messageLines(reply))],
    failure,
  };
}
