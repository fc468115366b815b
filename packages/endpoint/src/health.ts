import type { Health as PartHealth } from "@cotal/session";
import type { RejectReason } from "@cotal/wire";
import type { Assembled } from "./assembled.ts";
import { capabilitiesOf } from "./assembly.ts";
import type { DeliveryState } from "./backstop.ts";
import type { ChannelState } from "./channel-state.ts";
import type { EndpointState, Fault } from "./events.ts";
import type { IntakeCounts } from "./intake.ts";
import type { QueueState } from "./queues.ts";
import type { RosterFreshness } from "./roster-entry.ts";

/** How an endpoint is at one moment. It is data: who shows it words it. */
export interface EndpointHealth {
  readonly link: { readonly state: EndpointState; readonly epoch: number | undefined };
  readonly delivery: DeliveryState;
  readonly channels: readonly ChannelState[];
  readonly roster: RosterFreshness;
  /** Each part by its name. */
  readonly parts: Readonly<Record<string, PartHealth>>;
  readonly queues: readonly QueueState[];
  /** Messages that nobody has taken yet, and work that expired before anybody did. */
  readonly intake: IntakeCounts;
  /** What was refused and never shown, by reason. */
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>;
  /** The last fault of each part. */
  readonly faults: readonly Fault[];
}

export function healthOf({ parts, link, linkWait, faults }: Assembled): EndpointHealth {
  const { roster, queues, channels, backstop, intake, rejections } = parts;
  const healths = capabilitiesOf(parts).map((part) => [part.name, part.health()] as const);
  return {
    link: { state: linkWait.state, epoch: link.session?.epoch },
    delivery: backstop.delivery,
    channels: channels.states(),
    roster: roster.freshness(),
    parts: Object.fromEntries(healths),
    queues: queues.states,
    intake: intake.counts,
    rejected: rejections.counts,
    faults: [...faults.values()],
  };
}
