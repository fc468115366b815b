import { once } from "node:events";
import { createServer } from "node:net";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leakCheck } from "../src/leak-check.ts";
import { startTestBroker, type TestBroker } from "../src/test-broker.ts";

let broker: TestBroker;

beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

const soon = { timeoutMs: 300 };

describe("a leak check", () => {
  test("passes when everything is closed again", async () => {
    verifies("BROK-42");
    const leaks = await leakCheck(broker);
    const connection = await broker.connect();
    connection.subscribe("a");
    await connection.flush();
    await connection.close();
    await leaks.assertClean();
  });

  test("lists connections and subscriptions that are left", async () => {
    verifies("BROK-42");
    const known = await broker.connect({ name: "known" });
    const leaks = await leakCheck(broker);
    const subscription = known.subscribe("a");
    const stray = await broker.connect({ name: "stray" });
    await known.flush();
    await expect(leaks.assertClean(soon)).rejects.toThrow(/1 × subscription of known.*1 × connection stray/);
    subscription.unsubscribe();
    await stray.close();
    await leaks.assertClean();
    await known.close();
  });

  test("lists streams and consumers that are left", async () => {
    verifies("BROK-42");
    const connection = await broker.connect();
    // The first request of a connection leaves one subscription for all answers.
    await connection.request("$JS.API.INFO");
    const leaks = await leakCheck(broker);
    const create = async (subject: string, config: object): Promise<unknown> =>
      (await connection.request(subject, JSON.stringify(config))).json();
    await create("$JS.API.STREAM.CREATE.S", { name: "S", subjects: ["s"] });
    await create("$JS.API.CONSUMER.CREATE.S.c", {
      stream_name: "S",
      config: { name: "c", ack_policy: "none" },
    });
    await expect(leaks.assertClean(soon)).rejects.toThrow(/1 × stream \$G S; 1 × consumer \$G S c/);
    await connection.request("$JS.API.STREAM.DELETE.S");
    await leaks.assertClean();
    await connection.close();
  });

  test("lists what holds the process open", async () => {
    verifies("BROK-42");
    const leaks = await leakCheck(broker);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const timer = setInterval(() => undefined, 60_000);
    await expect(leaks.assertClean(soon)).rejects.toThrow(/TCPServerWrap.*Timeout|Timeout.*TCPServerWrap/);
    clearInterval(timer);
    server.close();
    await leaks.assertClean();
  });
});
