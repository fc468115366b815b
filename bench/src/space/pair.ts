import { connectEndpoint, type Endpoint, type SendOptions } from "@cotal/endpoint";
import type { Scope } from "@cotal/session";
import { type BenchPeer, type BenchSpace, type SpaceKind, startBenchSpace } from "./bench-space.ts";
import { use } from "./opened.ts";
import { openRawSide, type RawSide } from "./raw-side.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { stampedText } from "./stamp.ts";
import type { Arrivals } from "./tally.ts";
import type { Way } from "./way.ts";

/** Two peers and a bare client in a space. Whoever receives does so in a process of its own, on either side. */
export interface Pair {
  readonly space: BenchSpace;
  readonly sender: Endpoint;
  readonly target: BenchPeer;
  readonly raw: RawSide;
  /** Nobody receives there before it is opened. */
  readonly receiver: Receiver;
  /** All that take part, besides this one. */
  readonly processes: readonly number[];
}

/** Both sides of one comparison. */
export interface Ways {
  readonly ours: Way;
  readonly raw: Way;
}

export async function openPair(scope: Scope, kind: SpaceKind): Promise<Pair> {
  const space = use(scope, await startBenchSpace(kind));
  const raw = use(scope, await openRawSide(space));
  const receiver = use(scope, startReceiver());
  const sender = use(scope, await connectEndpoint((await space.provision("sender")).options));
  const target = await space.provision("target");
  return { space, sender, target, raw, receiver, processes: [space.pid, receiver.pid] };
}

/** How many bytes the body has that the sender makes of a stamped text. Nothing of it stays. */
export async function bodyBytes(
  { sender, raw: { manager } }: Pick<Pair, "sender" | "raw">,
  { stream, to }: { readonly stream: string; readonly to: SendOptions },
): Promise<number> {
  const { seq } = await sender.send({ ...to, text: stampedText() });
  const stored = await manager.streams.getMessage(stream, { seq });
  await manager.streams.purge(stream);
  return stored?.data.length ?? 0;
}

export interface Announcement {
  readonly side: "ours" | "raw";
  /** It is emptied first, so that no round has more to carry than another. */
  readonly stream: string;
}

/** Has the receiver watch for messages. */
export async function announce(
  { raw: { manager }, receiver }: Pair,
  { side, stream }: Announcement,
  count: number,
): Promise<() => Promise<Arrivals>> {
  await manager.streams.purge(stream);
  await receiver.expect({ side, count });
  return () => receiver.arrived(side);
}
