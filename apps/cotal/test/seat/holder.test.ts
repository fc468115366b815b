import { stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { processFacts } from "@cotal/broker";
import { verifies } from "@cotal/requirements";
import { asOwnerId, asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { thisRelease } from "../../src/release.ts";
import { askHolder, openHolder } from "../../src/seat/ask-holder.ts";
import { type ShownBytes, sendLine } from "../../src/seat/holder-protocol.ts";
import { type Program, serveHolder } from "../../src/seat/holder-server.ts";
import { createScreen } from "../../src/seat/screen.ts";
import type { Seat } from "../../src/seat/seat.ts";
import { failureOf, withFolder } from "../support.ts";

interface TestProgram extends Program {
  readonly typed: string[];
  say(text: string): void;
}

function program(): TestProgram {
  const screen = createScreen({ onPipes: false });
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const typed: string[] = [];
  return {
    screen,
    typed,
    say: (text) => {
      screen.feed(Buffer.from(text));
      for (const listener of listeners) listener(Buffer.from(text));
    },
    type: (text) => typed.push(text) > 0,
    typeLine: (text) => typed.push(`${text}\r`) > 0,
    endInput: () => undefined,
    resize: (size) => screen.resize(size),
    onShown: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function withHolder(
  held: Program | undefined,
  use: (seat: Seat & { readonly socket: string }) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const socket = join(folder, "run", "x.sock");
    const facts = processFacts(process.pid);
    const identity = { pid: process.pid, startTime: facts.kind === "absent" ? "" : facts.startTime };
    await using _server = await serveHolder({ path: socket, identity, program: held, log: () => undefined });
    await use({
      name: asToken("name", "bob"),
      id: asOwnerId(`U${"A".repeat(55)}`),
      work: { kind: "echo" },
      cwd: "/",
      restart: "never",
      wanted: true,
      allowSubscribe: [],
      allowPublish: [],
      holder: { ...identity, since: 1, socket },
      socket,
    });
  });
}

describe("a holder", () => {
  test("says which process it is, to this user alone", async () => {
    verifies("CLI-39", "CLI-40");
    await withHolder(undefined, async (seat) => {
      expect((await stat(seat.socket)).mode & 0o777).toBe(0o600);
      expect((await stat(join(seat.socket, ".."))).mode & 0o777).toBe(0o700);
      const { identity: who, release } = await askHolder(seat, { op: "hello" });
      expect(who).toMatchObject({ pid: process.pid });
      expect(release).toEqual(thisRelease());
    });
  });

  test("takes what is typed, and shows its screen", async () => {
    verifies("CLI-39");
    const held = program();
    await withHolder(held, async (seat) => {
      held.say("one\r\n\u001b[31mtwo");
      await askHolder(seat, { op: "input", text: "hi" });
      expect(held.typed).toEqual(["hi\r"]);
      expect((await askHolder(seat, { op: "screen" })).lines).toEqual(["one", "two"]);
    });
  });

  test("repaints all that stands there, then shows what changes, without a gap and not twice", async () => {
    verifies("CLI-31");
    const held = program();
    await withHolder(held, async (seat) => {
      held.say("before\r\n");
      const opening = openHolder(seat, { op: "attach", columns: 40, rows: 10 });
      for (let word = 0; word < 200; word++) {
        held.say(`${word} `);
        if (word % 20 === 0) await new Promise(setImmediate);
      }
      const { socket, documents } = await opening;
      held.say("after");
      const copy = createScreen({ onPipes: false });
      copy.resize({ columns: 40, rows: 10 });
      for (let lines = ""; !lines.includes("after"); lines = (await copy.lines()).join("")) {
        const { shown } = (await documents.next()).value as ShownBytes;
        copy.feed(Buffer.from(shown, "base64"));
      }
      expect(await copy.lines()).toEqual(await held.screen.lines());
      sendLine(socket, { typed: "é\u0003" });
      while (held.typed.length === 0) await new Promise(setImmediate);
      expect(held.typed).toEqual(["é\u0003"]);
      socket.destroy();
    });
  });

  test("of an agent that is no program has no screen, and says so", async () => {
    await withHolder(undefined, async (seat) => {
      for (const request of [{ op: "screen" }, { op: "input", text: "x" }] as const) {
        expect(await failureOf(() => askHolder(seat, request))).toMatchObject({ code: "usage" });
      }
    });
  });

  test("lets go of who says nothing that can be read, and goes on", async () => {
    await withHolder(program(), async (seat) => {
      for (const nonsense of [
        "\n",
        "{\n",
        '"x"\n',
        "null\n",
        '{"op":"attack"}\n',
        `${"x".repeat(3_000_000)}`,
      ]) {
        const socket = createConnection(seat.socket);
        socket.on("error", () => socket.destroy());
        socket.resume().write(nonsense);
        await new Promise((resolve) => socket.once("close", resolve));
      }
      expect((await askHolder(seat, { op: "hello" })).ok).toBe(true);
    });
  });

  test("that is gone, or never was, is not waited for", async () => {
    await withHolder(undefined, async (seat) => {
      const { holder: _, ...stopped } = seat;
      expect(await failureOf(() => askHolder(stopped, { op: "hello" }))).toMatchObject({
        code: "agent-not-running",
      });
      const elsewhere = { ...seat, holder: { ...seat.holder, socket: `${seat.socket}x` } } as Seat;
      expect(await failureOf(() => askHolder(elsewhere, { op: "hello" }))).toMatchObject({
        code: "agent-not-running",
      });
    });
  });
});
