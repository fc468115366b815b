import type { Profile } from "@cotal/trust";
import { type Door, ids, ownAccount, type Registry, type Stored, type Target } from "./target.ts";

/**
 * What each profile may do, said from the table of the specification in terms of targets. It knows no
 * subject and no builder. The user reads `team.>` and `lab`, posts to `lab` and `team.a`, has the role
 * `review`, in a space of two shards.
 */
export interface Attempt {
  readonly verb: "publish" | "subscribe";
  readonly target: Target;
}
type Rule = (attempt: Attempt) => boolean;

const any =
  (...rules: readonly Rule[]): Rule =>
  (attempt) =>
    rules.some((rule) => rule(attempt));
const publish =
  (rule: (target: Target) => boolean): Rule =>
  ({ verb, target }) =>
    verb === "publish" && rule(target);
const subscribe =
  (rule: (target: Target) => boolean): Rule =>
  ({ verb, target }) =>
    verb === "subscribe" && rule(target);

const readable = (channel: string): boolean => channel.startsWith("team.") || channel === "lab";
const everybodyReads: readonly Registry[] = ["space", "channels", "directory", "presence"];
const ofShards = (of: Stored): boolean => of === "dlv0" || of === "dlv1";

const ownInbox = subscribe((t) => t.what === "inbox" && t.who === "own");
const hearsDigest = subscribe((t) => t.what === "digest");
const readsPosts = subscribe((t) => t.what === "post" && readable(t.channel));

function asks(...services: readonly string[]): Rule {
  return ({ verb, target: t }) => {
    if (t.what !== (verb === "publish" ? "question" : "answer")) return false;
    return services.includes(t.service) && t.sender === "own";
  };
}

function serves(...services: readonly string[]): Rule {
  return ({ verb, target: t }) =>
    t.what === (verb === "publish" ? "answer" : "question") && services.includes(t.service);
}

/** A consumer itself listens at the broker's own place; all else is asked where the profile asks. */
function atDoor(t: Target & { readonly door: Door }, door: Door): boolean {
  const asksItself = t.what === "consumer" && (t.verb === "MSG.NEXT" || t.verb === "RESET");
  return t.door === (asksItself ? "own" : door);
}

/** A consumer of the own name on one stream, with filters within what `covers` says. */
function ownConsumer(
  door: Door,
  of: Stored,
  name: string,
  covers: (filter: Target) => boolean,
  verbs: readonly string[],
): Rule {
  return publish((t) => {
    if (t.what !== "create" && t.what !== "consumer") return false;
    if (t.of !== of || t.name !== name || t.who !== "own" || !atDoor(t, door)) return false;
    if (t.what === "consumer") return verbs.includes(t.verb);
    return t.filter !== "all" && covers(t.filter);
  });
}

function watches(door: Door, ...names: readonly Registry[]): Rule {
  return watchesAs("w", door, names);
}

function watchesAs(name: string, door: Door, names: readonly Registry[]): Rule {
  return any(
    ...names.map((registry) =>
      ownConsumer(
        door,
        registry,
        name,
        (f) =>
          f.what === "key" && f.registry === registry && (registry !== "presence" || !f.key.includes(".")),
        ["MSG.NEXT", "RESET"],
      ),
    ),
  );
}

const use = ["MSG.NEXT", "INFO"];
const fullUse = [...use, "DELETE"];
const history = any(
  ...["hist", "hist2"].map((name) =>
    ownConsumer("peers", "chat", name, (f) => f.what === "post" && readable(f.channel), fullUse),
  ),
);

function writes(registry: Registry, fits: (key: string) => boolean = () => true): Rule {
  return publish((t) => t.what === "ingest" && t.registry === registry && fits(t.key));
}

function streamVerb(verbs: readonly string[], fits: (of: Stored) => boolean): Rule {
  return publish((t) => t.what === "stream" && t.door === "admin" && verbs.includes(t.verb) && fits(t.of));
}

const observer = any(
  ownInbox,
  hearsDigest,
  readsPosts,
  history,
  watches("peers", ...everybodyReads, "membership"),
  asks("delivery-0", "delivery-1"),
);

const agent = any(
  ownInbox,
  hearsDigest,
  readsPosts,
  history,
  watches("peers", ...everybodyReads),
  watchesAs("w2", "peers", everybodyReads),
  asks("delivery-0", "delivery-1", "self"),
  publish((t) => {
    if (t.what === "post") return t.sender === "own" && ["lab", "team.a"].includes(t.channel);
    return (t.what === "direct" || t.what === "work") && t.sender === "own";
  }),
  publish(
    (t) => t.what === "key" && t.registry === "presence" && [ids.own, `beat.${ids.own}`].includes(t.key),
  ),
  publish((t) => {
    if (t.what !== "ack" && t.what !== "consumer") return false;
    if (t.what === "consumer" && (!use.includes(t.verb) || !atDoor(t, "peers"))) return false;
    if (t.name === "dm") return t.of === "dm" && t.who === "own";
    if (t.name === "svc") return t.of === "task" && t.who === "own";
    return t.name === "dlv" && t.who === "own";
  }),
  ownConsumer("peers", "chat", "sent", (f) => f.what === "post" && f.sender === "own", fullUse),
  ownConsumer("peers", "dm", "sent", (f) => f.what === "direct" && f.sender === "own", use),
  ownConsumer("peers", "task", "sent", (f) => f.what === "work" && f.sender === "own", use),
);

const ofSpace = (of: Stored): boolean => of !== "dlv2";
const isQueue = (of: Stored): boolean => of === "dm" || of === "task";

const model: Readonly<Record<Profile, Rule>> = {
  agent,
  observer,
  admin: any(
    observer,
    subscribe((t) => t.what === "direct" || t.what === "work"),
    ownConsumer("peers", "dm", "tap", (f) => f.what === "direct", use),
  ),
  operator: any(
    ownInbox,
    asks("delivery-admin-0", "delivery-admin-1"),
    writes("channels"),
    writes("acl"),
    watches("peers", ...everybodyReads, "members", "acl", "lease", "membership"),
  ),
  provisioner: any(
    ownInbox,
    writes("acl"),
    writes("directory"),
    watches("admin", "space", "directory", "acl"),
    publish((t) => {
      if (t.what === "consumer") return t.verb === "DELETE" && isQueue(t.of) && t.door === "admin";
      if (t.what !== "create" || t.filter === "all" || t.door !== "admin") return false;
      return t.filter.what === (t.of === "dm" ? "direct" : "work") && isQueue(t.of);
    }),
  ),
  delivery: any(
    ownInbox,
    serves("delivery-0", "delivery-1", "delivery-admin-0", "delivery-admin-1"),
    asks("delivery-0", "delivery-1"),
    publish((t) => t.what === "digest"),
    streamVerb(["INFO", "MSG.GET", "PURGE"], (of) => of === "chat"),
    ownConsumer("admin", "chat", "route", (f) => f.what === "post", fullUse),
    streamVerb(["INFO", "MSG.GET", "PURGE"], ofShards),
    publish(
      (t) =>
        t.what === "consumer" &&
        atDoor(t, "admin") &&
        ofShards(t.of) &&
        ["DELETE", "INFO", "RESET"].includes(t.verb),
    ),
    publish(
      (t) =>
        t.what === "create" &&
        t.door === "admin" &&
        ofShards(t.of) &&
        t.filter !== "all" &&
        t.filter.what === "copy" &&
        t.filter.kind === "dlv" &&
        t.filter.via === "plain",
    ),
    publish((t) => t.what === "copy" && t.via === "ingest" && t.shard < 2),
    publish((t) => t.what === "consumer" && t.door === "admin" && isQueue(t.of) && t.verb === "DELETE"),
    streamVerb(["INFO", "PURGE"], isQueue),
    publish((t) => t.what === "api" && /^adm\.s3cret\.CONSUMER\.LIST\.(DM|TASK)_acme$/.test(t.subject)),
    publish((t) => t.what === "api" && t.subject === "in.s3cret.cotal.acme.dead.x"),
    streamVerb(["INFO", "MSG.GET", "PURGE"], (of) => of === "dead"),
    writes("members"),
    writes("acl"),
    writes("lease", (key) => key === "delivery.0" || key === `standby.${ids.own}`),
    watches("admin", ...everybodyReads, "members", "acl", "lease"),
    streamVerb(["MSG.GET"], (of) => of === "members" || of === "acl"),
    streamVerb(["CREATE", "INFO"], (of) => of === "presence"),
  ),
  feed: any(ownInbox, writes("membership"), watches("peers", "members", "membership")),
  manager: any(
    ownInbox,
    serves("manager", "self", "admin"),
    asks("delivery-admin-0", "delivery-admin-1"),
    writes("lease", (key) => key === "manager"),
    watches("peers", ...everybodyReads, "lease"),
  ),
  setup: any(
    ownInbox,
    streamVerb(["CREATE", "UPDATE", "INFO"], ofSpace),
    writes("space"),
    writes("channels"),
    watches("admin", "space", "channels"),
    publish((t) => t.what === "api" && t.subject === "adm.s3cret.INFO"),
  ),
  teardown: any(ownInbox, streamVerb(["DELETE"], ofSpace)),
  purger: any(
    ownInbox,
    streamVerb(["PURGE"], (of) => of === "chat" || isQueue(of)),
  ),
  probe: any(
    ownInbox,
    publish((t) => t.what === "api" && t.subject === "adm.s3cret.INFO"),
  ),
  revoker: any(
    ownInbox,
    publish((t) => t.what === "system" && /CLAIMS\.(UPDATE|LOOKUP)$|SERVER\.\w+\.KICK$/.test(t.subject)),
  ),
  census: any(
    ownInbox,
    publish((t) => t.what === "system" && t.subject === `$SYS.REQ.ACCOUNT.${ownAccount}.CONNZ`),
    subscribe((t) => t.what === "system" && t.subject.startsWith(`$SYS.ACCOUNT.${ownAccount}.`)),
  ),
};

export function may(profile: Profile, attempt: Attempt): boolean {
  return model[profile](attempt);
}
