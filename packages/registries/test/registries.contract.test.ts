import { openLink } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { type Link, requestApi, type Session } from "@cotal/session";
import { asToken, bucketName, ingestKeySubject, keySubject, streamName } from "@cotal/subjects";
import { describe } from "vitest";
import { createStream } from "../src/broker-stream.ts";
import { seal } from "../src/ingest.ts";
import { openRegistry } from "../src/open-registry.ts";
import { spaceTable } from "../src/space-table.ts";
import { allSuites } from "./all-suites.ts";
import { newId, secretOf, specOf } from "./support.ts";
import type { OpenWorld } from "./world.ts";

const broker = brokerOfFile();
let worlds = 0;

/** A bucket of its own on the broker; participants have a session each, many share five. */
const openWorld: OpenWorld = async (definition) => {
  const { registry } = definition;
  const space = asToken("space", `w${++worlds}`);
  const secret = registry === "presence" ? undefined : secretOf(bucketName(space, registry));
  const links: Link[] = [];
  const connect = async (): Promise<Session> => {
    const link = openLink(broker().url);
    links.push(link);
    return await link.start();
  };
  const root = await connect();
  const stream = streamName.registry(space, registry);
  const row = spaceTable(specOf(space)).find(({ name }) => name === stream);
  if (!row) throw new Error(`no row for ${stream}`);
  await createStream(root, seal(row, secretOf));
  const join = async () =>
    await openRegistry(await connect(), definition, {
      space,
      id: newId(),
      ...(secret && { secret }),
    });
  return {
    join,
    racers: async (count) => {
      const five = await Promise.all(Array.from({ length: 5 }, join));
      return Array.from({ length: count }, (_, at) => five[at % 5] as never);
    },
    raw: async (key, bytes) => {
      const subject = keySubject(space, registry, key);
      await root.connection.request(secret ? ingestKeySubject(secret, subject) : subject, bytes);
    },
    [Symbol.asyncDispose]: async () => {
      await requestApi(root, `STREAM.DELETE.${stream}`);
      await Promise.all(links.map((link) => link.stop()));
    },
  };
};

describe("on a broker", () => allSuites(openWorld));
