import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { readText, type TextSource } from "../../src/message/read-text.ts";
import { failureOf, testHost, withFolder } from "../support.ts";

const none: TextSource = { word: undefined, file: undefined };
const piped = (...chunks: Uint8Array[]): ReturnType<typeof testHost> => ({
  ...testHost(),
  stdin: { isTerminal: false, stream: Readable.from(chunks) },
});

describe("the text of a message", () => {
  test("is a word, the standard input or a file", async () => {
    verifies("CLI-66");
    expect(await readText({ ...none, word: "hello" }, testHost())).toBe("hello");
    const [first, second] = [Buffer.from("grü").subarray(0, 3), Buffer.from("grü").subarray(3)];
    expect(await readText({ ...none, word: "-" }, piped(first, second, Buffer.from("n\n")))).toBe("grün");
    await withFolder(async (folder) => {
      await writeFile(join(folder, "note"), "two\nlines\n");
      expect(await readText({ ...none, file: "note" }, { ...testHost(), folder })).toBe("two\nlines");
    });
  });

  test.each([
    [none],
    [{ word: "a", file: "b" }],
    [{ word: "", file: undefined }],
    [{ word: " \n", file: undefined }],
  ])("from %o is refused", async (source) => {
    expect(await failureOf(() => readText(source, testHost()))).toMatchObject({ code: "usage" });
  });

  test("is refused when it is none, and when it is huge before all of it is read", async () => {
    const word = { ...none, word: "-" };
    const binary = await failureOf(() => readText(word, piped(Buffer.from([0xff, 0xfe]))));
    expect(binary).toMatchObject({ code: "bad-message" });
    const nul = await failureOf(() => readText({ ...none, word: "a\u0000b" }, testHost()));
    expect(nul).toMatchObject({ code: "bad-message" });
    let given = 0;
    const endless = function* (): Generator<Buffer> {
      for (; ; given++) yield Buffer.alloc(1024 * 1024, "a");
    };
    const host = { ...testHost(), stdin: { isTerminal: false, stream: Readable.from(endless()) } };
    expect(await failureOf(() => readText(word, host))).toMatchObject({ code: "too-large" });
    expect(given).toBeLessThan(64);
  });
});
