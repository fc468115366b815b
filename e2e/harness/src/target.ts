/** Who a part of a target belongs to: the user that is looked at, or somebody else. */
export type Who = "own" | "peer";
export type Registry =
  | "space"
  | "channels"
  | "members"
  | "acl"
  | "directory"
  | "lease"
  | "presence"
  | "membership";
export type Stored = "chat" | "dm" | "task" | "dead" | "dlv0" | "dlv1" | "dlv2" | Registry;
export type ConsumerKind = "dm" | "dlv" | "hist" | "hist2" | "w" | "sent" | "tap" | "route" | "svc";
export type StreamVerb =
  | "CREATE"
  | "UPDATE"
  | "INFO"
  | "DELETE"
  | "PURGE"
  | "MSG.GET"
  | "MSG.DELETE"
  | "SNAPSHOT"
  | "RESTORE"
  | "LEADER.STEPDOWN";
export type ConsumerVerb = "INFO" | "DELETE" | "RESET" | "MSG.NEXT" | "PAUSE" | "UNPIN" | "LEADER.STEPDOWN";

/** Where the API of the streams is asked: at the broker's own place, where all peers ask, or behind the secret. */
export type Door = "own" | "peers" | "admin";

/** Something that a user may try to reach, described without the names that the fabric gives it. */
export type Target =
  | { readonly what: "post"; readonly sender: Who; readonly channel: string }
  | { readonly what: "direct"; readonly target: Who; readonly sender: Who }
  | { readonly what: "work"; readonly role: "review" | "ops"; readonly sender: Who }
  | { readonly what: "question" | "answer"; readonly service: string; readonly sender: Who }
  | { readonly what: "digest" }
  | { readonly what: "key" | "ingest"; readonly registry: Registry; readonly key: string }
  | {
      readonly what: "copy";
      readonly kind: "dlv" | "dinbox" | "ckpt";
      readonly shard: number;
      readonly via: "ingest" | "plain";
    }
  | { readonly what: "stream"; readonly verb: StreamVerb; readonly of: Stored; readonly door: Door }
  | {
      readonly what: "consumer";
      readonly door: Door;
      readonly verb: ConsumerVerb;
      readonly of: Stored;
      readonly name: ConsumerKind;
      readonly who: Who;
    }
  | {
      readonly what: "create";
      readonly door: Door;
      readonly of: Stored;
      readonly name: ConsumerKind;
      readonly who: Who;
      readonly filter: Target | "all";
    }
  | { readonly what: "ack"; readonly of: Stored; readonly name: ConsumerKind; readonly who: Who }
  | { readonly what: "inbox"; readonly who: Who }
  | { readonly what: "api"; readonly subject: string }
  | { readonly what: "system"; readonly subject: string };

export const ids: Readonly<Record<Who, string>> = {
  own: `U${"A".repeat(55)}`,
  peer: `U${"B".repeat(55)}`,
};
export const ownAccount: string = `A${"C".repeat(55)}`;
const foreignAccount: string = `A${"D".repeat(55)}`;

const registries: readonly Registry[] = [
  "space",
  "channels",
  "members",
  "acl",
  "directory",
  "lease",
  "presence",
  "membership",
];
const streams: Readonly<Record<Exclude<Stored, Registry>, string>> = {
  chat: "CHAT_acme",
  dm: "DM_acme",
  task: "TASK_acme",
  dead: "DEAD_acme",
  dlv0: "DLV_acme_0",
  dlv1: "DLV_acme_1",
  dlv2: "DLV_acme_2",
};

function streamOf(stored: Stored): string {
  return stored in streams ? streams[stored as keyof typeof streams] : `KV_cotal_${stored}_acme`;
}

function consumer(name: ConsumerKind, who: Who): string {
  return name === "svc" ? `svc_${who === "own" ? "review" : "ops"}` : `${name}_${ids[who]}`;
}

const roots: Readonly<Record<Door, string>> = { own: "$JS.API", peers: "js", admin: "adm.s3cret" };

/** The subject of a target, written out by hand. */
export function subjectOf(target: Target): string {
  switch (target.what) {
    case "post":
      return `cotal.acme.chat.${ids[target.sender]}.${target.channel}`;
    case "direct":
      return `cotal.acme.inst.${ids[target.target]}.${ids[target.sender]}`;
    case "work":
      return `cotal.acme.svc.${target.role}.${ids[target.sender]}`;
    case "question":
      return `cotal.acme.ctl.${target.service}.${ids[target.sender]}`;
    case "answer":
      return `cotal.acme.ctl.${target.service}.${ids[target.sender]}.reply.n1`;
    case "digest":
      return "cotal.acme.presence.digest";
    case "key":
      return `$KV.cotal_${target.registry}_acme.${target.key}`;
    case "ingest":
      return `in.s3cret.$KV.cotal_${target.registry}_acme.${target.key}`;
    case "copy": {
      const rest = { dlv: `${ids.peer}.team.a`, dinbox: ids.peer, ckpt: `${target.shard}` }[target.kind];
      const plain = `cotal.acme.${target.kind}.${rest}`;
      return target.via === "plain" ? plain : `in.s3cret.${target.shard}.${plain}`;
    }
    case "stream":
      return `${roots[target.door]}.STREAM.${target.verb}.${streamOf(target.of)}`;
    case "consumer":
      return `${roots[target.door]}.CONSUMER.${target.verb}.${streamOf(target.of)}.${consumer(target.name, target.who)}`;
    case "create": {
      const place = `${streamOf(target.of)}.${consumer(target.name, target.who)}`;
      const filter = target.filter === "all" ? "" : `.${subjectOf(target.filter)}`;
      return `${roots[target.door]}.CONSUMER.CREATE.${place}${filter}`;
    }
    case "ack":
      return `$JS.ACK.${streamOf(target.of)}.${consumer(target.name, target.who)}.1.2.3.4.5`;
    case "inbox":
      return `_INBOX_${ids[target.who]}.x1`;
    case "api":
    case "system":
      return target.subject;
  }
}

const people: readonly Who[] = ["own", "peer"];
const channels = ["team.a", "team.a.deep", "lab", "lab.x", "secret", "team"] as const;
const services = [
  "delivery-0",
  "delivery-1",
  "delivery-2",
  "delivery-admin-0",
  "delivery-admin-1",
  "delivery-admin-2",
  "self",
  "manager",
  "admin",
  "search",
  "other",
] as const;
const stored: readonly Stored[] = ["chat", "dm", "task", "dead", "dlv0", "dlv1", "dlv2", ...registries];
const consumers: readonly ConsumerKind[] = ["dm", "dlv", "hist", "hist2", "w", "sent", "tap", "route", "svc"];
const streamVerbs: readonly StreamVerb[] = [
  "CREATE",
  "UPDATE",
  "INFO",
  "DELETE",
  "PURGE",
  "MSG.GET",
  "MSG.DELETE",
  "SNAPSHOT",
  "RESTORE",
  "LEADER.STEPDOWN",
];
const consumerVerbs: readonly ConsumerVerb[] = [
  "INFO",
  "DELETE",
  "RESET",
  "MSG.NEXT",
  "PAUSE",
  "UNPIN",
  "LEADER.STEPDOWN",
];

/** Subjects that reach for more than one owner; no profile has any of them. */
const wildcards: readonly string[] = [
  ">",
  "*.>",
  "cotal.>",
  "cotal.acme.>",
  "cotal.acme.chat.>",
  "cotal.acme.inst.>",
  "cotal.acme.svc.>",
  "cotal.acme.ctl.>",
  "cotal.acme.dlv.>",
  "in.>",
  "$KV.>",
  "$JS.>",
  "$JS.API.>",
  "$JS.ACK.>",
  "js.>",
  "adm.>",
  "js.CONSUMER.CREATE.CHAT_acme.*",
  "js.CONSUMER.DELETE.CHAT_acme.*",
  "$JS.API.CONSUMER.MSG.NEXT.DM_acme.*",
  "$SYS.>",
  "$SRV.>",
  "_INBOX.>",
  "_INBOX.*",
];
const posts: readonly Target[] = people.flatMap((sender) =>
  channels.map((channel) => ({ what: "post", sender, channel }) as const),
);
const directs: readonly Target[] = people.flatMap((target) =>
  people.map((sender) => ({ what: "direct", target, sender }) as const),
);
const works: readonly Target[] = people.flatMap((sender) =>
  (["review", "ops"] as const).map((role) => ({ what: "work", role, sender }) as const),
);
const keys: readonly Target[] = registries.flatMap((registry) =>
  [ids.own, ids.peer, `beat.${ids.own}`, `beat.${ids.peer}`, "manager", "delivery.0", "delivery.2"].map(
    (key) => ({ what: "key", registry, key }) as const,
  ),
);
const copies: readonly Target[] = (["dlv", "dinbox", "ckpt"] as const).flatMap((kind) =>
  (["ingest", "plain"] as const).flatMap((via) =>
    [0, 1, 2].map((shard) => ({ what: "copy", kind, via, shard }) as const),
  ),
);
const filters: readonly (Target | "all")[] = [...posts, ...directs, ...works, ...keys, ...copies, "all"];

/** Requests that belong to no stream and no consumer, and places that are nobody's. */
const orders: readonly string[] = [
  "$JS.API.INFO",
  "js.INFO",
  "adm.s3cret.INFO",
  "$JS.API.STREAM.NAMES",
  "adm.s3cret.STREAM.NAMES",
  "$JS.API.STREAM.LIST",
  "$JS.API.META.LEADER.STEPDOWN",
  "$JS.API.CONSUMER.DURABLE.CREATE.CHAT_acme.x",
  "$SRV.PING",
  "_INBOX.x",
  "cotal.evil.chat.x.y",
  "cotal.acme.dead.x",
  "in.s3cret.cotal.acme.dead.x",
  "foo",
  ...wildcards,
];

const doors: readonly Door[] = ["own", "peers", "admin"];

/** Every target that is tried with every profile. */
export function allTargets(): Target[] {
  return [
    ...posts,
    ...directs,
    ...works,
    ...keys,
    ...keys.map((key) => ({ ...key, what: "ingest" }) as Target),
    ...people.map((who) => ({ what: "ingest", registry: "lease", key: `standby.${ids[who]}` }) as const),
    ...copies,
    ...services.flatMap((service) =>
      people.flatMap((sender) => [
        { what: "question", service, sender } as const,
        { what: "answer", service, sender } as const,
      ]),
    ),
    { what: "digest" },
    ...doors.flatMap((door) =>
      stored.flatMap((of) => streamVerbs.map((verb) => ({ what: "stream", door, verb, of }) as const)),
    ),
    ...stored.flatMap((of) =>
      consumers.flatMap((name) =>
        people.flatMap((who) => [
          ...doors.flatMap((door) =>
            consumerVerbs.map((verb) => ({ what: "consumer", door, verb, of, name, who }) as const),
          ),
          ...filters.flatMap((filter) =>
            (["peers", "admin"] as const).map(
              (door) => ({ what: "create", door, of, name, who, filter }) as const,
            ),
          ),
          { what: "create", door: "own", of, name, who, filter: "all" } as const,
          { what: "ack", of, name, who } as const,
        ]),
      ),
    ),
    ...people.map((who) => ({ what: "inbox", who }) as const),
    ...orders.map((subject) => ({ what: "api", subject }) as const),
    ...stored.flatMap((of) =>
      ["CONSUMER.NAMES", "CONSUMER.LIST", "DIRECT.GET"].flatMap((verb) =>
        doors.map((door) => ({ what: "api", subject: `${roots[door]}.${verb}.${streamOf(of)}` }) as const),
      ),
    ),
    ...[ownAccount, foreignAccount].flatMap((account) =>
      [
        `$SYS.REQ.ACCOUNT.${account}.CONNZ`,
        `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`,
        `$SYS.ACCOUNT.${account}.CONNECT`,
        `$SYS.ACCOUNT.${account}.DISCONNECT`,
      ].map((subject) => ({ what: "system", subject }) as const),
    ),
    ...[
      "$SYS.REQ.CLAIMS.UPDATE",
      "$SYS.REQ.CLAIMS.DELETE",
      "$SYS.REQ.CLAIMS.LIST",
      `$SYS.REQ.SERVER.N${"E".repeat(55)}.KICK`,
      `$SYS.REQ.SERVER.N${"E".repeat(55)}.RELOAD`,
      "$SYS.REQ.SERVER.PING",
    ].map((subject) => ({ what: "system", subject }) as const),
  ];
}
