import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processFacts } from "@cotal/broker";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { withLock } from "../../src/home/lock.ts";
import { failureOf, withFolder } from "../support.ts";

const hold = (folder: string): Promise<string> => withLock(folder, async () => "held");

describe("the lock of a mesh", () => {
  test("is taken and given back, again and again, and leaves one file", async () => {
    await withFolder(async (folder) => {
      for (const _ of [1, 2, 3]) expect(await hold(folder)).toBe("held");
      expect(await readdir(folder)).toEqual(["lock.3.json"]);
    });
  });

  test("is given back when the work fails", async () => {
    await withFolder(async (folder) => {
      await expect(withLock(folder, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
      expect(await hold(folder)).toBe("held");
    });
  });

  test("is refused while it is held, and names the holder", async () => {
    verifies("CLI-57");
    await withFolder(async (folder) => {
      await withLock(folder, async () => {
        const failure = await failureOf(() => hold(folder));
        expect(failure).toMatchObject({ code: "mesh-busy", data: { pid: process.pid } });
      });
    });
  });

  test("goes to one of many who want it at once", async () => {
    await withFolder(async (folder) => {
      let holders = 0;
      const most: number[] = [];
      const want = (): Promise<string> =>
        withLock(folder, async () => {
          holders += 1;
          most.push(holders);
          await new Promise((resolve) => setImmediate(resolve));
          holders -= 1;
          return "held";
        }).catch((error: { code: string }) => error.code);
      const answers = await Promise.all(Array.from({ length: 30 }, want));
      expect(answers).toContain("held");
      expect(new Set([...answers, "mesh-busy"])).toEqual(new Set(["held", "mesh-busy"]));
      expect(Math.max(...most)).toBe(1);
      expect(await hold(folder)).toBe("held");
    });
  });

  test("of a process that has ended, or of another one with its pid, is free", async () => {
    verifies("CLI-57");
    await withFolder(async (folder) => {
      const child = spawn("/bin/sh", ["-c", "read -r _"]);
      const { pid = 0 } = child;
      const facts = processFacts(pid);
      const startTime = facts.kind === "absent" ? "" : facts.startTime;
      const lock = (number: number, holder: object): Promise<void> =>
        writeFile(join(folder, `lock.${number}.json`), `${JSON.stringify(holder)}\n`);
      await lock(7, { pid, startTime });
      expect((await failureOf(() => hold(folder))).code).toBe("mesh-busy");
      child.stdin.end();
      await once(child, "close");
      expect(await hold(folder)).toBe("held");
      await lock(9, { pid: process.pid, startTime: "earlier" });
      expect(await hold(folder)).toBe("held");
      expect(await readdir(folder)).toEqual(["lock.10.json"]);
    });
  });

  test("that somebody has garbled holds nobody up", async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, "lock.1.json"), "{");
      expect(await hold(folder)).toBe("held");
    });
  });
});
