import { cp, rm } from "node:fs/promises";
import { openLink, provisionAgents, type SpaceBroker, startSpaceBroker, withSession } from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import { type Link, requestApi, type Session, store } from "@cotal/session";
import {
  asToken,
  bucketName,
  type Channel,
  formatPattern,
  ingestKeySubject,
  keySubject,
  type OwnerId,
  streamName,
  type Token,
} from "@cotal/subjects";
import { ingestSecret, type Minted } from "@cotal/trust";
import { liveChannel } from "./names.ts";

export const space: Token = asToken("space", "acme");
export const shards = 2;
export const shardNumbers: readonly number[] = Array.from({ length: shards }, (_, shard) => shard);

/** A space on a broker of its own, in which one history after the other is played. */
export interface World extends AsyncDisposable {
  readonly fixture: SpaceBroker;
  /** The ingest secret of a bucket or stream. */
  readonly ingest: (resource: string) => Token;
  /** Higher with each call; also the order in which leaders come. */
  nextNumber(): number;
  provision(names: readonly string[], publish: readonly string[]): Promise<readonly Minted[]>;
  /** Writes what stands for the rights of an owner, whatever stood there. */
  writeRights(owner: OwnerId, text: string): Promise<void>;
  /** Takes the oldest posts from CHAT, all but so many. */
  evict(keep: number): Promise<void>;
  chatLast(): Promise<number>;
  /** Starts a link, and knows of it until it is stopped by what this answers. */
  attend(link: Link): Promise<() => Promise<void>>;
  /**
   * Kills the broker, and starts it again on what it has stored. `save` keeps CHAT as it was then, and `restore`
   * puts that in its place. Resolves when all links are live again.
   */
  breakDown(chat: "keep" | "save" | "restore"): Promise<void>;
  /** The subjects under which something is stored for the owner. */
  leftOf(owner: OwnerId, shard: number): Promise<readonly string[]>;
}

interface StreamInfo {
  readonly total?: number;
  readonly state: { readonly last_seq: number; readonly subjects?: Readonly<Record<string, number>> };
}

/** Enough for the tests of a file. */
const standardBytes = 256 * 1024 ** 2;

export async function openWorld(storageBytes: number = standardBytes): Promise<World> {
  const fixture = await startSpaceBroker();
  const ingest = (resource: string): Token => ingestSecret(fixture.space, resource);
  const setup = fixture.mint({ profile: "setup", name: "setup" });
  const spec = { space, shards, storageBytes, mode: "auth", ingest } as const;
  const channels = { [liveChannel]: { v: 1, deliveryClass: "live" } } as const;
  await withSession(
    fixture.broker.url,
    (session) => setUpSpace(session, { spec, id: setup.id, version: "0.0.0", backstop: true, channels }),
    { as: setup },
  );
  const links = new Set<Link>();
  const attend = async (link: Link): Promise<() => Promise<void>> => {
    await link.start({ retryFirst: true });
    links.add(link);
    return async () => {
      links.delete(link);
      await link.stop();
    };
  };
  const enter = async (profile: "operator" | "delivery"): Promise<() => Session> => {
    const link = openLink(fixture.broker.url, { as: fixture.mint({ profile, name: "hand" }) });
    await attend(link);
    return () => {
      if (!link.session) throw new Error(`the ${profile} is not connected`);
      return link.session;
    };
  };
  const operator = await enter("operator");
  const janitor = await enter("delivery");
  const chat = streamName.chat(space);
  let number = 0;

  return {
    fixture,
    ingest,
    nextNumber: () => ++number,
    provision: (names, publish) =>
      provisionAgents(
        fixture,
        names.map((name) => ({
          profile: "agent",
          name,
          allowSubscribe: [...publish],
          allowPublish: [...publish],
        })),
      ),
    writeRights: async (owner, data) => {
      const secret = ingest(bucketName(space, "acl"));
      await store(operator(), { subject: ingestKeySubject(secret, keySubject(space, "acl", owner)), data });
    },
    evict: async (keep) => {
      await requestApi(janitor(), `STREAM.PURGE.${chat}`, { keep });
    },
    chatLast: async () => (await requestApi<StreamInfo>(janitor(), `STREAM.INFO.${chat}`)).state.last_seq,
    leftOf: async (owner, shard) => {
      const filters = [
        formatPattern({ kind: "dlv", space, owner, channel: ">" as Channel }),
        formatPattern({ kind: "dinbox", space, owner }),
      ];
      const found = await Promise.all(
        filters.map(async (subjects_filter) => {
          const info = await requestApi<StreamInfo>(
            janitor(),
            `STREAM.INFO.${streamName.delivery(space, shard)}`,
            { subjects_filter },
          );
          return Object.keys(info.state.subjects ?? {});
        }),
      );
      return found.flat();
    },
    attend,
    breakDown: async (chat) => {
      const { broker } = fixture;
      await broker.kill();
      const stored = `${broker.folder}/store/jetstream/${fixture.space.account}/streams/${streamName.chat(space)}`;
      if (chat !== "keep") {
        const [from, to] =
          chat === "save" ? [stored, `${broker.folder}/saved`] : [`${broker.folder}/saved`, stored];
        await rm(to, { recursive: true, force: true });
        await cp(from, to, { recursive: true });
      }
      await broker.restart();
      await Promise.all([...links].map((link) => link.reconnect()));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...links].map((link) => link.stop()));
      await fixture[Symbol.asyncDispose]();
    },
  };
}
