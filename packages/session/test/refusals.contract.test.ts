import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { eventually, startTestBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import type { Msg } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import type { Credential } from "../src/dial.ts";
import { subscribe } from "../src/subscribe.ts";
import {
  apiProvocations,
  type Captured,
  firstRefusal,
  protocolProvocations,
  touchyConfig,
} from "./provocations.ts";
import { brokerOfFile, codeOf, makeStream, newLink, publish, withSession } from "./support.ts";

const captured: Captured = JSON.parse(
  readFileSync(new URL("fixtures/broker-texts.json", import.meta.url), "utf8"),
);

const touchy = brokerOfFile({ extraConfig: touchyConfig });

const as = (user: string, pass = user): Credential => ({ mark: user + pass, options: { user, pass } });

describe("what a real broker says", () => {
  test.each(captured.protocol.filter(({ provocation }) => provocation in protocolProvocations))(
    "$provocation: $text",
    async ({ provocation, text }) => {
      verifies("SESS-18");
      expect(await firstRefusal(touchy().port, protocolProvocations[provocation] ?? [])).toBe(text);
    },
  );

  test("one connection too many", async () => {
    verifies("SESS-18");
    const expected = captured.protocol.find(({ provocation }) => provocation === "one connection too many");
    const links = Array.from({ length: 3 }, () => newLink(touchy().url, { credentials: () => as("all") }));
    await Promise.all(links.map(({ link }) => link.start()));
    const text = await firstRefusal(touchy().port, []);
    await Promise.all(links.map(({ link }) => link.stop()));
    expect(text).toBe(expected?.text);
  });

  test("something that is no broker", async () => {
    verifies("SESS-18");
    const stranger = createServer((socket) => void socket.end("220 mail.example ready\r\n"));
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const { port } = stranger.address() as AddressInfo;
    const code = await codeOf(newLink(`nats://127.0.0.1:${port}`).link.start());
    await new Promise((resolve) => stranger.close(resolve));
    expect(code).toBe("unavailable");
  });

  test("every refusal of JetStream has the number it is known by", async () => {
    verifies("SESS-18");
    await using broker = await startTestBroker();
    await withSession(broker.url, async (session) => {
      await makeStream(session, "S", { max_msgs: 1, discard: "new", max_msg_size: 100 });
      await publish(session, "S.a", ["the only one"]);
      for (const { provocation, errCode, code } of captured.api) {
        const failure = await apiProvocations[provocation]?.(session).catch((error: unknown) => error);
        expect(failure, provocation).toBeInstanceOf(CotalError);
        expect(failure, provocation).toMatchObject({ code, data: { errCode } });
      }
    });
  });
});

describe("a refused credential", () => {
  test("stops the link when its source has no other", async () => {
    verifies("SESS-7");
    const { link, states } = newLink(touchy().url, { credentials: () => as("all", "wrong") });
    expect(await codeOf(link.start({ retryFirst: true }))).toBe("auth-refused");
    expect(states).toEqual(["dialing", "stopped"]);
  });

  test("is replaced by the next one of its source", async () => {
    verifies("SESS-7");
    const offered = [as("all", "old"), as("all", "older"), as("all")];
    const { link } = newLink(touchy().url, {
      credentials: () => offered.shift() ?? as("all"),
      random: () => 0,
    });
    await link.start({ retryFirst: true });
    expect(link.state.kind).toBe("live");
    await link.stop();
  });
});

describe("a subscription", () => {
  test("that the broker refuses is refused before it counts, and nothing of it is left", async () => {
    verifies("SESS-19");
    await withSession(
      touchy().url,
      async (session) => {
        const heard: Msg[] = [];
        const onMessage = (message: Msg): void => void heard.push(message);
        expect(await codeOf(subscribe(session, { subject: "no.x", onMessage }))).toBe("not-allowed");
        expect(await codeOf(subscribe(session, { subject: "no.x", queue: "q", onMessage }))).toBe(
          "not-allowed",
        );
        const release = await subscribe(session, { subject: "ok.x", onMessage });
        session.connection.publish("ok.x", "heard");
        await eventually(() => expect(heard).toHaveLength(1));
        await release();
        session.connection.publish("ok.x", "not heard");
        await session.connection.flush();
        expect(heard).toHaveLength(1);
        const { connections } = await touchy().connz();
        expect(connections[0]?.subscriptions).toBe(0);
      },
      { credentials: () => as("few") },
    );
  });

  test("reports a refused publish to those who watch for it", async () => {
    await withSession(
      touchy().url,
      async (session) => {
        const denied: string[] = [];
        session.denials.watch(({ operation, subject }) => void denied.push(`${operation} ${subject}`));
        session.connection.publish("no.y", "");
        await eventually(() => expect(denied).toEqual(["publish no.y"]));
      },
      { credentials: () => as("few") },
    );
  });
});
