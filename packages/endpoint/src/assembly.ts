import type { Capability, Session } from "@cotal/session";
import type { CotalError } from "@cotal/subjects";
import { type Announcer, createAnnouncer } from "./announcer.ts";
import { createAsking } from "./asking.ts";
import { type Backstop, createBackstop } from "./backstop.ts";
import { createBurials } from "./burials.ts";
import { type ChannelListing, createChannelListing } from "./channel-listing.ts";
import { type Channels, createChannels } from "./channels.ts";
import type { Core } from "./core.ts";
import { createDeliveryService } from "./delivery-service.ts";
import { createDemand } from "./demand.ts";
import { createHistory, type History } from "./history.ts";
import { createIntake, type IntakeDesk } from "./intake.ts";
import type { LinkWait } from "./link-wait.ts";
import { createMembershipFeed, type MembershipFeed } from "./membership-feed.ts";
import type { EndpointSettings } from "./options.ts";
import type { Asking } from "./parts.ts";
import { createPastReader } from "./past-reader.ts";
import { queueRoutes } from "./queue-route.ts";
import { createQueues, type Queues } from "./queues.ts";
import { createRecall, type Recall } from "./recall.ts";
import { createReceiver, type Receiver } from "./receiver.ts";
import { createRejections, type Rejections } from "./rejections.ts";
import { createRoster, type Roster } from "./roster.ts";
import { createSending, type Sending } from "./sending.ts";
import { createServing, type Serving } from "./serving.ts";
import { createSpaceViews, type SpaceReading } from "./space-views.ts";

/** The parts of one endpoint. Each is told on every connection; what they know outlives it. */
export interface Parts {
  readonly views: SpaceReading;
  readonly roster: Roster;
  readonly announcer: Announcer | undefined;
  readonly queues: Queues;
  readonly channels: Channels;
  readonly listing: ChannelListing;
  readonly backstop: Backstop;
  readonly history: History;
  readonly recall: Recall;
  readonly serving: Serving;
  readonly feed: MembershipFeed | undefined;
  readonly intake: IntakeDesk;
  readonly receiver: Receiver;
  readonly sending: Sending;
  readonly asking: Asking;
  readonly rejections: Rejections;
}

export interface AssemblyOptions {
  readonly settings: EndpointSettings;
  readonly linkWait: LinkWait;
  /** Another program has become this peer. */
  readonly onDisplaced: (error: CotalError) => void;
}

export function assemble(core: Core, { settings, linkWait, onDisplaced }: AssemblyOptions): Parts {
  const { mode, takeover, attention, channels: boot } = settings;
  const rejections = createRejections();
  const intake = createIntake(core);
  const demand = createDemand();
  const views = createSpaceViews(core);
  const roster = createRoster(core, views);
  const asking = createAsking(core);
  const past = createPastReader(core, rejections);
  const service = createDeliveryService(core, asking, views);
  const burials = createBurials(core, { service, views });
  const startRoute = queueRoutes(core, { intake, demand, rejections, burials });
  const backstop = createBackstop(core, { service, views, startRoute }, { takeover });
  const isServed = (): boolean => backstop.delivery === "ready";
  const channels = createChannels(core, { intake, rejections, views, past, service, isServed }, { boot });
  return {
    backstop,
    channels,
    listing: createChannelListing({ service, views, roster, states: () => channels.states() }),
    history: createHistory(core, past),
    recall: createRecall(core, past, views),
    rejections,
    intake,
    views,
    roster,
    queues: createQueues(core, { startRoute, views }),
    receiver: createReceiver(core, { desk: intake, demand }),
    announcer:
      mode === "peer" ? createAnnouncer(core, { views, takeover, attention, onDisplaced }) : undefined,
    feed: mode === "observer" ? createMembershipFeed(core, views) : undefined,
    serving: createServing(core),
    asking,
    sending: createSending(core, { names: roster, linkWait }),
  };
}

/**
 * All parts as one. Whether this program may be this peer is settled first, because two programs of one id
 * would take each other's watches away. Then all ask at once, and nothing is told or begun by any of them
 * before it is known what the space is.
 */
export function asOne(core: Core, parts: Parts): Capability {
  const { announcer, views } = parts;
  const others = capabilitiesOf(parts).filter((part) => part !== announcer && part !== views);
  const attach = async (session: Session, part: Capability): Promise<void> => {
    try {
      await part.attach(session);
    } catch (error) {
      await views.known(session);
      if (part.required || session.scope.signal.aborted) throw error;
      core.fault(part.name, error);
    }
  };
  return {
    name: "endpoint",
    required: true,
    attach: async (session) => {
      await announcer?.attach(session);
      await Promise.all([views.known(session), ...others.map((part) => attach(session, part))]);
    },
    health: () => views.health(),
  };
}

/** Those that are bound to each connection. */
export function capabilitiesOf(parts: Parts): readonly Capability[] {
  const { views, announcer, roster, queues, channels, backstop, serving, feed } = parts;
  return [views, announcer, roster, queues, channels, backstop, serving, feed].filter(
    (part) => part !== undefined,
  );
}
