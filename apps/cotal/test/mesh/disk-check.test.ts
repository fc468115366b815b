import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { stuckStreams } from "../../src/mesh/disk-check.ts";
import { codedError } from "../../src/report/coded-error.ts";

describe("a stream that could not be written", () => {
  const line = (pid: number, stream: string): string =>
    `[${pid}] 2026/11/21 22:48:01.198590 [ERR] Filestore [${stream}] Critical write error: write /x/1.blk: no space left on device`;

  test("is named once, and only what this broker says of it counts", () => {
    verifies("CLI-186");
    const log = [
      line(7, "DM_main"),
      line(8, "CHAT_main"),
      line(8, "CHAT_main"),
      line(8, "DLV_0_main"),
      "other",
    ];
    expect(stuckStreams(log.join("\n"), { pid: 8 })).toEqual(["CHAT_main", "DLV_0_main"]);
    expect(stuckStreams(log.join("\n"), { pid: 9 })).toEqual([]);
  });
});

test.each(["ENOSPC", "EDQUOT", "EFBIG"])(
  "a disk that takes nothing more has a code of its own: %s",
  (code) => {
    verifies("CLI-186");
    expect(codedError(Object.assign(new Error("write"), { code }))).toMatchObject({ code: "disk-full" });
  },
);
