import { type RegistryName, registryKey, registryNames, serviceName, streamName } from "@cotal/subjects";
import {
  ask,
  delivery,
  deliveryAdmin,
  type Grant,
  type GrantScope,
  giveDigest,
  hearDigest,
  inbox,
  ingest,
  manageStreams,
  serve,
  shards,
  watch,
  watchBeside,
} from "./grant.ts";
import { announce, history, listen, outbox, queues, readAlong, send } from "./peer-grants.ts";
import type { ScopePart } from "./scope.ts";
import {
  askAccount,
  buryDead,
  census,
  clearQueues,
  keepCopies,
  provisionQueues,
  revocation,
  routePosts,
} from "./service-grants.ts";

/** The keys that sign for users; each signs for some profiles and for no others. */
export type SpaceRole = "agents" | "delivery" | "tools";
export type SystemRole = "revoker" | "feed";
export type Role = SpaceRole | SystemRole;

export const profileNames = [
  "agent",
  "observer",
  "admin",
  "operator",
  "provisioner",
  "delivery",
  "feed",
  "manager",
  "setup",
  "teardown",
  "purger",
  "probe",
  "revoker",
  "census",
] as const;
export type Profile = (typeof profileNames)[number];

export interface ProfileRow {
  readonly signedBy: Role;
  readonly lifeMs: number;
  /** By which door the API of the streams is asked; see `apiRoot`. */
  readonly api: "peers" | "admin";
  /** The parts of a scope that it makes use of; any other is refused. */
  readonly takes: readonly ScopePart[];
  readonly grants: readonly Grant[];
}

const second = 1000;
const hour = 3600 * second;
const oneCall: number = 300 * second;

/** Registries that everybody may read. */
const open = ["space", "channels", "directory", "presence"] as const satisfies readonly RegistryName[];

const askFabric = ask((scope) => [...delivery(scope), serviceName.self]);
const askCapable = ask(({ capabilities }) => capabilities.map((name) => serviceName[name]));
const look: readonly Grant[] = [
  inbox,
  hearDigest,
  listen,
  history,
  watch(...open, "membership"),
  ask(delivery),
];

/** Who may do what. Whatever stands in no row of a user's profile the broker refuses to it. */
export const profiles: Readonly<Record<Profile, ProfileRow>> = {
  agent: {
    signedBy: "agents",
    api: "peers",
    lifeMs: 24 * hour,
    takes: ["allowSubscribe", "allowPublish", "role", "capabilities", "serves"],
    grants: [
      inbox,
      send,
      listen,
      askFabric,
      askCapable,
      serve(({ serves }) => serves),
      queues,
      history,
      watch(...open),
      watchBeside(...open),
      announce,
      hearDigest,
      outbox,
    ],
  },
  observer: { signedBy: "tools", api: "peers", lifeMs: 12 * hour, takes: ["allowSubscribe"], grants: look },
  admin: {
    signedBy: "tools",
    api: "peers",
    lifeMs: 12 * hour,
    takes: ["allowSubscribe"],
    grants: [...look, readAlong],
  },
  operator: {
    signedBy: "tools",
    api: "peers",
    lifeMs: 12 * hour,
    takes: ["capabilities"],
    grants: [
      inbox,
      ask(deliveryAdmin),
      askCapable,
      ingest("channels"),
      ingest("acl"),
      watch(...open, "members", "acl", "lease", "membership"),
    ],
  },
  provisioner: {
    signedBy: "tools",
    api: "admin",
    lifeMs: oneCall,
    takes: [],
    grants: [inbox, provisionQueues, ingest("acl"), ingest("directory"), watch("space", "directory", "acl")],
  },
  delivery: {
    signedBy: "delivery",
    api: "admin",
    lifeMs: 24 * hour,
    takes: [],
    grants: [
      inbox,
      serve((scope) => [...delivery(scope), ...deliveryAdmin(scope)]),
      // Whoever waits for a lead asks whether it is served.
      ask(delivery),
      giveDigest,
      routePosts,
      keepCopies,
      clearQueues,
      buryDead,
      ingest("members"),
      ingest("acl"),
      ingest("lease", (scope) => [
        ...shards(scope).map(registryKey.deliveryLease),
        registryKey.standby(scope.id),
      ]),
      watch(...open, "members", "acl", "lease"),
      manageStreams(["MSG.GET"], ({ space }) => [
        streamName.registry(space, "members"),
        streamName.registry(space, "acl"),
      ]),
      // Its subjects are who beats.
      manageStreams(["CREATE", "INFO"], ({ space }) => [streamName.registry(space, "presence")]),
    ],
  },
  feed: {
    signedBy: "tools",
    api: "peers",
    lifeMs: 24 * hour,
    takes: [],
    grants: [inbox, ingest("membership"), watch("members", "membership")],
  },
  manager: {
    signedBy: "tools",
    api: "peers",
    lifeMs: 24 * hour,
    takes: [],
    grants: [
      inbox,
      serve(() => [serviceName.manager, serviceName.self, serviceName.admin]),
      ask(deliveryAdmin),
      ingest("lease", () => [registryKey.managerLease]),
      watch(...open, "lease"),
    ],
  },
  setup: {
    signedBy: "tools",
    api: "admin",
    lifeMs: oneCall,
    takes: [],
    grants: [
      inbox,
      askAccount,
      manageStreams(["CREATE", "UPDATE", "INFO"], allStreams),
      ingest("space"),
      ingest("channels"),
      watch("space", "channels"),
    ],
  },
  teardown: {
    signedBy: "tools",
    api: "admin",
    lifeMs: oneCall,
    takes: [],
    grants: [inbox, manageStreams(["DELETE"], allStreams)],
  },
  purger: {
    signedBy: "tools",
    api: "admin",
    lifeMs: oneCall,
    takes: [],
    grants: [
      inbox,
      manageStreams(["PURGE"], ({ space }) => [
        streamName.chat(space),
        streamName.dm(space),
        streamName.task(space),
      ]),
    ],
  },
  probe: { signedBy: "tools", api: "admin", lifeMs: oneCall, takes: [], grants: [inbox, askAccount] },
  revoker: { signedBy: "revoker", api: "peers", lifeMs: oneCall, takes: [], grants: [inbox, revocation] },
  census: { signedBy: "feed", api: "peers", lifeMs: 24 * hour, takes: ["account"], grants: [inbox, census] },
};

function allStreams(scope: GrantScope): readonly string[] {
  const { space } = scope;
  return [
    ...(["chat", "dm", "task", "dead"] as const).map((holds) => streamName[holds](space)),
    ...shards(scope).map((shard) => streamName.delivery(space, shard)),
    ...registryNames.map((registry) => streamName.registry(space, registry)),
  ];
}
