import { existsSync } from "node:fs";
import { isRunning, processFacts } from "@cotal/broker";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { type Child, endLeftBehind, startChild } from "../../src/seat/child.ts";
import { createScreen, firstSize } from "../../src/seat/screen.ts";
import { surfaces } from "../../src/seat/work.ts";

interface Started {
  readonly child: Child;
  said(): string;
}

async function start(surface: (typeof surfaces)[number], line: string): Promise<Started> {
  let text = "";
  const child = await startChild(surface, {
    words: ["/bin/sh", "-c", line],
    cwd: "/",
    variables: { PATH: process.env.PATH ?? "" },
    size: firstSize,
    onOutput: ({ bytes }) => {
      text += Buffer.from(bytes).toString("utf8");
    },
  });
  return { child, said: () => text };
}

async function says({ said }: Started, words: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = words.exec(said());
    if (found) return found;
    await new Promise(setImmediate);
  }
}

const isGone = (pid: string | undefined): boolean => processFacts(Number(pid)).kind !== "alive";

describe.each(surfaces)("a program on %s", (surface) => {
  test("says what it says, takes what is typed, and tells how it has ended", async () => {
    verifies("CLI-39");
    const started = await start(surface, "read word; echo got $word; exit 3");
    started.child.write("hello\n");
    expect(await started.child.exited).toEqual({ code: 3, signal: null });
    expect(started.said()).toContain("got hello");
  });

  test("is ended with its whole group, also who does not listen to TERM", async () => {
    verifies("CLI-53");
    const started = await start(
      surface,
      "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ ready; sleep 300' & wait; sleep 300",
    );
    const [, below] = await says(started, /(\d+) ready/);
    const { child } = started;
    expect(isRunning(child.identity)).toBe(true);
    await child.end(100);
    expect(await child.exited).toMatchObject({ signal: "SIGKILL" });
    while (!isGone(below)) await new Promise(setImmediate);
  });

  test("leaves nothing running behind when it ends by itself", async () => {
    verifies("CLI-53");
    const started = await start(surface, "trap '' HUP; sleep 300 & echo $! below; exit 0");
    const [, below] = await says(started, /(\d+) below/);
    expect(await started.child.exited).toEqual({ code: 0, signal: null });
    while (!isGone(below)) await new Promise(setImmediate);
  });

  test("that its holder has left behind is ended by whoever comes next", async () => {
    verifies("CLI-40");
    const { child } = await start(surface, "sleep 300");
    endLeftBehind([{ ...child.identity, startTime: "another" }]);
    expect(isRunning(child.identity)).toBe(true);
    endLeftBehind([child.identity]);
    expect(await child.exited).toMatchObject({ signal: "SIGKILL" });
  });
});

test("a program that has a terminal sees one, as large as it is said to be", async () => {
  verifies("CLI-39");
  const started = await start("terminal", "test -t 0 && stty size; read _; stty size");
  await says(started, /24 80/);
  started.child.resize({ columns: 100, rows: 30 });
  started.child.write("\r");
  await says(started, /30 100/);
  await started.child.exited;
  expect(existsSync(`/proc/${started.child.identity.pid}/fd`)).toBe(false);
});

test("a screen is painted as it stands at the call, with its colours, and nothing later is in it", async () => {
  verifies("CLI-31");
  const [screen, copy] = [createScreen({ onPipes: true }), createScreen({ onPipes: false })];
  screen.feed(Buffer.from("one\ntwo \u001b[31mred\u001b[0m"));
  const painting = screen.repaint();
  screen.feed(Buffer.from(" later"));
  const painted = await painting;
  expect(painted).toContain("\u001b[31m");
  copy.feed(Buffer.from(painted));
  expect(await copy.lines()).toEqual(["one", "two red"]);
  expect(await screen.lines()).toEqual(["one", "two red later"]);
});
