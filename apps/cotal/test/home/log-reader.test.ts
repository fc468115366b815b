import { appendFile, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { createFileLog } from "../../src/home/file-log.ts";
import { followLog, lastLines } from "../../src/home/log-reader.ts";
import { logText } from "../../src/seat/log-text.ts";
import { createOutputLog } from "../../src/seat/output-log.ts";
import { withFolder } from "../support.ts";

const full = 10 * 1024 * 1024 + 1;

describe("a log", () => {
  test("is kept in five files at most, of which the oldest gives way", async () => {
    verifies("CLI-24");
    await withFolder(async (folder) => {
      const path = join(folder, "log");
      const log = createFileLog(path);
      for (let round = 1; round <= 7; round++) {
        await writeFile(path, "");
        await truncate(path, full);
        log({ level: "info", event: `round.${round}` });
      }
      expect((await readdir(folder)).sort()).toEqual(["log", "log.1", "log.2", "log.3", "log.4"]);
      expect((await lastLines(path, 1)).lines).toMatchObject([expect.stringContaining("round.7")]);
    });
  });

  test("is read from its end, also over the file that was full before", async () => {
    verifies("CLI-24");
    await withFolder(async (folder) => {
      const path = join(folder, "log");
      expect(await lastLines(path, 3)).toEqual({ lines: [], end: 0 });
      await writeFile(`${path}.1`, "a\nb\n");
      await writeFile(path, "c\nd\nunfinished");
      expect(await lastLines(path, 3)).toEqual({ lines: ["b", "c", "d"], end: 4 });
      expect((await lastLines(path, 1)).lines).toEqual(["d"]);
    });
  });

  test("is followed line by line, and over the moment at which it is emptied", async () => {
    verifies("CLI-24");
    await withFolder(async (folder) => {
      const path = join(folder, "log");
      await writeFile(path, "old\n");
      const over = new AbortController();
      const lines: string[] = [];
      const until = (line: string): Promise<void> =>
        (async () => {
          while (!lines.includes(line)) await new Promise(setImmediate);
        })();
      const following = followLog(path, { from: 4, signal: over.signal, onLine: (line) => lines.push(line) });
      await appendFile(path, "one\ntw");
      await until("one");
      await appendFile(path, "o\n");
      await until("two");
      await writeFile(`${path}.1`, "old\none\ntwo\nthree\n");
      await writeFile(path, "four\n");
      await until("four");
      over.abort();
      await following;
      expect(lines).toEqual(["one", "two", "three", "four"]);
    });
  });

  test("shows people what a program said as it said it, and what happened in words", () => {
    const at = "2026-01-01T10:20:30.000Z";
    const shown = (entry: object): string[] => logText(JSON.stringify(entry));
    expect(shown({ at, level: "info", event: "seat.output", from: "stdout", text: "hello" })).toEqual([
      "hello",
    ]);
    expect(shown({ at, level: "warn", event: "seat.ended", end: "exit 1" })).toEqual([
      "10:20:30 warn seat.ended end=exit 1",
    ]);
    expect(shown({ v: 1, ok: false, error: { code: "x", message: "no" } })).toEqual(["failed: no (x)"]);
    expect(shown({ v: 1, ok: true, result: {} })).toEqual([]);
    expect(logText("{torn")).toEqual(["{torn"]);
  });

  test("has what programs say line by line, whole characters, without what steers a terminal", () => {
    verifies("CLI-24");
    const texts: unknown[] = [];
    const output = createOutputLog(
      ({ fields }) => texts.push(fields?.text),
      (text) => text,
    );
    const say = (bytes: string | Buffer): void => output.add({ from: "terminal", bytes: Buffer.from(bytes) });
    const [e1, e2] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
    say("on");
    say("e\r\n\r\n\u001b[31mré");
    say(e1);
    say(e2);
    say("d\u001b[0m");
    expect(texts).toEqual(["one"]);
    output.flush();
    expect(texts).toEqual(["one", "rééd"]);
    say("x".repeat(20_000));
    expect(texts).toHaveLength(4);
  });
});
