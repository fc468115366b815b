import type { SendOptions } from "@cotal/endpoint";
import { verifies } from "@cotal/requirements";
import type { LogEntry } from "@cotal/session";
import { describe, expect, test } from "vitest";
import { createExec } from "../../src/seat/exec-handler.ts";
import type { ExecWork } from "../../src/seat/work.ts";
import { failureOf } from "../support.ts";
import { delivery, sender } from "./deliveries.ts";

const calm = new AbortController().signal;

interface Desk {
  readonly handle: ReturnType<typeof createExec>;
  readonly sent: SendOptions[];
  readonly logged: LogEntry[];
}

function desk(line: string, more: Partial<ExecWork> = {}): Desk {
  const sent: SendOptions[] = [];
  const logged: LogEntry[] = [];
  const work: ExecWork = {
    kind: "exec",
    line,
    output: "text",
    concurrency: 1,
    timeoutMs: 60_000,
    all: false,
    ...more,
  };
  const handle = createExec(
    {
      endpoint: {
        send: async (options) => {
          sent.push(options);
          return { id: options.id ?? "", seq: 1, duplicate: false };
        },
      },
      state: { during: (_, run) => run() },
      log: (entry) => logged.push(entry),
      mask: (text) => text.replaceAll("secret", "***"),
    },
    { name: "bot", work, cwd: "/", variables: { PATH: process.env.PATH ?? "", WHO: "bot" } },
  );
  return { handle, sent, logged };
}

describe("the command of an agent", () => {
  test("reads one JSON document, and what it prints is the reply to where the message came from", async () => {
    verifies("CLI-49", "CLI-50", "CLI-51");
    const { handle, sent } = desk("cat");
    expect(await handle(delivery(), calm)).toBe("handled");
    const [{ text = "", ...reply } = {}] = sent;
    expect(reply).toMatchObject({ to: sender, replyTo: "m1", contextId: "talk", hops: 3 });
    const { message, ...rest } = JSON.parse(text);
    expect(rest).toEqual({ v: 1, kind: "dm", sender, source: "dm", redelivered: false });
    expect(message).toMatchObject({ id: "m1", parts: [{ kind: "text", text: "hello" }] });
    expect(text).not.toContain("\n");
  });

  test("answers a post in its channel", async () => {
    verifies("CLI-50");
    const { handle, sent } = desk("echo hi");
    await handle(delivery({ kind: "channel", channel: "general", source: "live" }, ["BOT"]), calm);
    expect(sent).toMatchObject([{ channel: "general", text: "hi", replyTo: "m1" }]);
    expect(sent[0]?.to).toBeUndefined();
  });

  test("that prints nothing says nothing", async () => {
    verifies("CLI-49");
    const { handle, sent } = desk("cat > /dev/null; echo");
    expect(await handle(delivery(), calm)).toBe("handled");
    expect(sent).toEqual([]);
  });

  test("may print parts and mentions, and fails with anything else", async () => {
    verifies("CLI-49");
    const good = desk(`echo '{"parts":[{"kind":"text","text":"x"}],"mentions":["eve"]}'`, { output: "json" });
    await good.handle(delivery(), calm);
    expect(good.sent).toMatchObject([{ parts: [{ kind: "text", text: "x" }], mentions: ["eve"] }]);
    for (const printed of ["hello", '{"parts":1}', '{"parts":[],"mentions":"eve"}']) {
      const bad = desk(`echo '${printed}'`, { output: "json" });
      expect(await failureOf(() => bad.handle(delivery(), calm))).toMatchObject({ code: "exec-failed" });
    }
  });

  test("asks by exit 75 for the message again, and has failed with any other exit but 0", async () => {
    verifies("CLI-51");
    expect(await desk("echo no; exit 75").handle(delivery(), calm)).toMatchObject({ kind: "retry" });
    for (const line of ["exit 1", "exit 74", "kill -9 $$", "/no/such/program"]) {
      const { handle, sent } = desk(line);
      expect(await failureOf(() => handle(delivery(), calm))).toMatchObject({ code: "exec-failed" });
      expect(sent).toEqual([]);
    }
  });

  test("is ended with all that it has started when it takes too long, or prints too much", async () => {
    verifies("CLI-52");
    const slow = desk("sleep 300 & sleep 300", { timeoutMs: 200 });
    expect(await failureOf(() => slow.handle(delivery(), calm))).toMatchObject({
      message: expect.stringContaining("200 ms"),
    });
    const loud = desk("yes");
    expect(await failureOf(() => loud.handle(delivery(), calm))).toMatchObject({
      message: expect.stringContaining("more than"),
    });
  });

  test("is ended when the agent is to end, and the message goes back at once", async () => {
    verifies("CLI-53");
    const { handle, sent, logged } = desk("echo begun >&2; sleep 300");
    const ending = new AbortController();
    const outcome = handle(delivery(), ending.signal);
    while (!logged.some(({ event }) => event === "seat.output")) await new Promise(setImmediate);
    ending.abort();
    expect(await outcome).toEqual({ kind: "retry", delayMs: 0 });
    expect(sent).toEqual([]);
  });

  test("is not run for what no automatic reply is due to", async () => {
    verifies("CLI-52");
    const { handle, logged } = desk("echo hi");
    const post = { kind: "channel", channel: "general" } as const;
    for (const silent of [
      delivery({ hops: 8 }),
      delivery({ hops: Number.POSITIVE_INFINITY }),
      delivery({ historical: true }),
      delivery({ expired: true }),
      delivery(post),
      delivery(post, ["other"]),
    ]) {
      expect(await handle(silent, calm)).toBe("handled");
    }
    expect(logged).toEqual([]);
    const all = desk("echo hi", { all: true });
    await all.handle(delivery(post), calm);
    expect(all.sent).toHaveLength(1);
  });

  test("says on its standard error what its log keeps, without what is secret", async () => {
    verifies("CLI-46");
    const { handle, logged } = desk('printf "%s is secret" "$WHO" >&2');
    await handle(delivery(), calm);
    expect(logged).toMatchObject([
      { event: "seat.output", fields: { from: "stderr", text: "bot is ***" } },
      { event: "seat.exec", fields: { id: "m1", end: "exit 0" } },
    ]);
  });

  test("that does not read what it is given is no failure", async () => {
    const { handle, sent } = desk("exec 0<&-; echo hi");
    const parts = [{ kind: "text", text: "x".repeat(500_000) }] as const;
    expect(await handle(delivery({ message: { ...delivery().message, parts } }), calm)).toBe("handled");
    expect(sent).toHaveLength(1);
  });
});
