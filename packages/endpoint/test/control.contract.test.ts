import { eventually } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { asToken, CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { createAsking } from "../src/asking.ts";
import type { RequestOptions } from "../src/parts.ts";
import { authSpaceOfFile } from "./support-auth-space.ts";
import { codeOf, makeOpenSpace, type Peer, startPeer } from "./support-presence.ts";

const broker = brokerOfFile();
const authSpace = authSpaceOfFile();
const till = asToken("service", "till");
const ask = (peer: Peer, op: string, args?: unknown, options?: RequestOptions): Promise<unknown> =>
  createAsking(peer.core).request(till, op, args, options);

async function withTwo(run: (server: Peer, asker: Peer) => Promise<void>): Promise<void> {
  await makeOpenSpace(broker().url);
  await using server = await startPeer(broker().url, { name: "server" });
  await using asker = await startPeer(broker().url, { name: "asker", mode: "sender" });
  await run(server, asker);
}

describe("asking and serving", () => {
  test("carries a question to its operation and the answer back, over each later connection too", async () => {
    verifies("ENDP-69", "ENDP-71", "ENDP-72");
    await withTwo(async (server, asker) => {
      await server.serving.serve("till", { add: async (args) => (args as number[]).reduce((a, b) => a + b) });
      expect(await ask(asker, "add", [1, 2])).toBe(3);
      await server.link.reconnect();
      expect(await ask(asker, "add", [2, 2])).toBe(4);
    });
  });

  test("gives the code of a refusal, also when this release does not know it", async () => {
    verifies("ENDP-72");
    await withTwo(async (server, asker) => {
      await server.serving.serve("till", {
        refuse: () => Promise.reject(new CotalError("limit-reached", "enough", { hint: "come back" })),
        odd: () => Promise.reject(new CotalError("from-the-future" as "busy", "odd")),
        fail: () => Promise.reject(new Error("a defect with a secret")),
      });
      const failure = async (op: string) => await ask(asker, op).catch((error: unknown) => error);
      expect(await failure("refuse")).toMatchObject({
        code: "limit-reached",
        message: "enough",
        hint: "come back",
      });
      expect(await failure("odd")).toMatchObject({ code: "refused", data: { code: "from-the-future" } });
      expect(await failure("fail")).toMatchObject({
        code: "internal",
        message: expect.not.stringContaining("secret"),
      });
      expect(await failure("nothing")).toMatchObject({ code: "unknown-op" });
    });
  });

  test("tells nobody there, no answer in time and no connection apart", async () => {
    verifies("ENDP-70");
    await withTwo(async (server, asker) => {
      expect(await codeOf(ask(asker, "add"))).toBe("no-responders");
      let answer = (): void => undefined;
      let done = 0;
      await server.serving.serve("till", {
        slow: async () => {
          await new Promise<void>((resolve) => {
            answer = resolve;
          });
          return ++done;
        },
      });
      const late = await ask(asker, "slow", undefined, { timeoutMs: 200 }).catch((error: unknown) => error);
      expect(late).toMatchObject({ code: "outcome-unknown", data: { id: expect.any(String) } });
      answer();
      // Under its id the question is not carried out again.
      const { id } = (late as CotalError).data as { id: string };
      expect(await ask(asker, "slow", undefined, { id })).toBe(1);
      await asker.die();
      expect(await codeOf(ask(asker, "slow"))).toBe("stopped");
    });
  });

  test("ends with the answer of `serve`, and a service is served once at a time", async () => {
    verifies("ENDP-72");
    await withTwo(async (server, asker) => {
      const stop = await server.serving.serve("till", { add: async () => 1 });
      expect(await codeOf(server.serving.serve("till", {}))).toBe("already-served");
      await stop();
      expect(await codeOf(ask(asker, "add"))).toBe("no-responders");
      await server.serving.serve("till", { add: async () => 2 });
      await stop();
      expect(await ask(asker, "add")).toBe(2);
      expect(await codeOf(server.serving.serve("no such name", {}))).toBe("bad-token");
    });
  });
});

describe("in an authenticated space", () => {
  test("questions are signed, and without the right nobody asks or serves", async () => {
    verifies("ENDP-70", "ENDP-72");
    const { url, creds } = authSpace();
    const auth = creds({ profile: "agent", name: "server", serves: ["till"] });
    await using server = await startPeer(url, { auth, name: "server" });
    await using asker = await startPeer(url, {
      auth: creds({ profile: "agent", name: "asker" }),
      name: "asker",
    });
    await server.serving.serve("till", { add: async () => 1 });
    expect(await codeOf(asker.serving.serve("till", {}))).toBe("not-allowed");
    expect(asker.serving.health()).toEqual({ kind: "ok" });
    expect(await codeOf(ask(asker, "add"))).toBe("not-allowed");
    await eventually(() => expect(server.serving.health()).toEqual({ kind: "ok" }));
  });
});
