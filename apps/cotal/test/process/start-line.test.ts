import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { mayBegin } from "../../src/process/start-line.ts";

const never = new AbortController().signal;
const stdin = (stream: Readable) => ({ isTerminal: false, stream });
const waiting = { COTAL_START_LINE: "1" };

describe("a process", () => {
  test("that nobody lets wait begins, and reads nothing", async () => {
    const input = new Readable({ read: () => expect.fail("it was read") });
    expect(await mayBegin({ env: {}, stdin: stdin(input), interrupted: never })).toBe(true);
  });

  test.each([
    ["that is told to begin does", ["g", "o\n"], true],
    ["whose starter has ended does not", [], false],
    ["that is told something else does not", ["stop\n"], false],
    ["that is told half a word does not", ["g"], false],
  ])("at its start line %s", async (_, said, begins) => {
    const order = { env: waiting, stdin: stdin(Readable.from(said)), interrupted: never };
    expect(await mayBegin(order)).toBe(begins);
  });

  test("at its start line ends when it is interrupted", async () => {
    const interrupt = new AbortController();
    const silent = new Readable({ read: () => undefined });
    const begins = mayBegin({ env: waiting, stdin: stdin(silent), interrupted: interrupt.signal });
    interrupt.abort();
    expect(await begins).toBe(false);
    silent.destroy();
  });
});
