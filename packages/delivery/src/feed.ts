import {
  type CasRegistry,
  createRegistryView,
  type FeedRecord,
  type IngestSecrets,
  type MemberRecord,
  membershipFeedRegistry,
  membersRegistry,
  openRegistry,
  type RegistryView,
} from "@cotal/registries";
import {
  brokerError,
  type Capability,
  type Clock,
  type Health,
  type Session,
  subscribe,
} from "@cotal/session";
import {
  bucketName,
  CotalError,
  type OwnerId,
  registryKey,
  systemSubject,
  type Token,
} from "@cotal/subjects";
import { diffFeed, type FeedRow, feedRows, type SeenConnection } from "./feed-diff.ts";

export interface FeedOptions {
  readonly space: Token;
  /** The account of the space. */
  readonly account: string;
  /** Whose credential the link of the hand has, the profile `feed`. */
  readonly id: OwnerId;
  readonly ingest: IngestSecrets;
  readonly clock: Clock;
}

/**
 * Shows where everybody is. It takes two links, because a connection belongs to one account: `eyes` hangs on one with
 * the profile `census`, of the system account, and `hand` on one with the profile `feed`. Nothing depends on it.
 */
export interface Feed {
  readonly eyes: Capability;
  readonly hand: Capability;
}

const lookMs = 5_000;

export function createFeed(options: FeedOptions): Feed {
  const feed = new MembershipFeed(options);
  const part = (name: string, attach: (session: Session) => Promise<void>): Capability => ({
    name,
    required: false,
    attach,
    health: () => feed.health,
  });
  return {
    eyes: part("census", (session) => feed.attachEyes(session)),
    hand: part("feed", (session) => feed.attachHand(session)),
  };
}

class MembershipFeed {
  health: Health;
  readonly #options: FeedOptions;
  readonly #members: RegistryView<MemberRecord>;
  #eyes: Session | undefined;
  #hand: { readonly session: Session; readonly rows: CasRegistry<FeedRecord> } | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: FeedOptions) {
    const { space, clock } = options;
    this.#options = options;
    this.#members = createRegistryView(membersRegistry, { space, clock });
    this.health = { kind: "down", code: "not-bound", since: clock.now() };
  }

  async attachEyes(session: Session): Promise<void> {
    const { account } = this.#options;
    for (const subject of [systemSubject.connected(account), systemSubject.disconnected(account)]) {
      await subscribe(session, { subject, onMessage: () => this.#look() });
    }
    this.#eyes = session;
    session.scope.defer(() => {
      if (this.#eyes !== session) return;
      this.#eyes = undefined;
      this.#unbound();
    });
    this.#look();
  }

  async attachHand(session: Session): Promise<void> {
    const { space, id, ingest } = this.#options;
    await this.#members.attach(session, { id });
    const secret = ingest(bucketName(space, "membership"));
    const rows = await openRegistry(session, membershipFeedRegistry, { space, id, secret });
    const hand = { session, rows };
    this.#hand = hand;
    session.scope.defer(() => {
      if (this.#hand !== hand) return;
      this.#hand = undefined;
      this.#unbound();
    });
    session.scope.every(lookMs, "feed", async () => this.#look());
    this.#look();
  }

  #unbound(): void {
    this.health = { kind: "down", code: "not-bound", since: this.#options.clock.now() };
  }

  /** One look at a time. What comes while one goes on shows in the next, at the latest after its interval. */
  #look(): void {
    const [eyes, hand] = [this.#eyes, this.#hand];
    if (!eyes || !hand || this.#looking) return;
    const { session, rows } = hand;
    this.#looking = this.#update(eyes, rows)
      .then(() => {
        this.health = { kind: "ok" };
      })
      .catch((failure) => {
        const { code } = brokerError(failure);
        this.health = { kind: "degraded", code, since: this.#options.clock.now() };
        session.log({ level: "warn", event: "feed.failed", fields: { code } });
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #update(eyes: Session, rows: CasRegistry<FeedRecord>): Promise<void> {
    const { space, account, clock } = this.#options;
    const observedAt = clock.now();
    const connections = await listConnections(eyes, account);
    const members = this.#members
      .entries()
      .flatMap(({ lookup }) => (lookup.kind === "found" ? [lookup.value] : []));
    const { put, remove } = diffFeed(standingRows(rows), feedRows(space, connections, members));
    for (const [id, row] of put) await rows.put(id, { v: 1, observedAt, ...row }, {});
    for (const id of remove) await rows.remove(id, {});
    await rows.put(registryKey.feed, { v: 1, observedAt }, {});
  }
}

function standingRows(rows: CasRegistry<FeedRecord>): ReadonlyMap<string, FeedRow | undefined> {
  const standing = rows.entries().filter(({ key }) => key !== registryKey.feed);
  return new Map(
    standing.map((one) => {
      if (one.kind === "undecodable") return [one.key, undefined];
      const { live = [], durable = [] } = one.value;
      return [one.key, { live, durable }];
    }),
  );
}

interface ConnectionPage {
  readonly data?: { readonly total: number; readonly connections?: readonly SeenConnection[] };
}

const pageSize = 512;
const pageTimeoutMs = 5_000;
const attempts = 3;

/** Everybody who is connected in the account. Whoever comes or goes meanwhile moves the pages: then it is read anew. */
async function listConnections(session: Session, account: string): Promise<readonly SeenConnection[]> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const all: SeenConnection[] = [];
    let total: number | undefined;
    for (;;) {
      const page = await askPage(session, account, all.length);
      const isMoved = total !== undefined && page.total !== total;
      total = page.total;
      all.push(...(page.connections ?? []));
      if (isMoved) break;
      if (all.length >= total) return all;
      if (!page.connections?.length) break;
    }
  }
  throw new CotalError(
    "contended",
    `the connections kept changing while they were listed, ${attempts} times`,
  );
}

async function askPage(
  { requests }: Session,
  account: string,
  offset: number,
): Promise<NonNullable<ConnectionPage["data"]>> {
  const order = { auth: true, subscriptions: true, sort: "cid", offset, limit: pageSize };
  const subject = systemSubject.connections(account);
  const reply = await requests.ask({ subject, data: JSON.stringify(order), timeoutMs: pageTimeoutMs });
  const { data } = JSON.parse(new TextDecoder().decode(reply.data)) as ConnectionPage;
  if (data) return data;
  throw new CotalError("bad-reply", "the broker lists no connections");
}
