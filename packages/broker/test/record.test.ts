import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { processFacts } from "../src/process-facts.ts";
import { type BrokerRecord, claimFolder, readBrokerRecord, takeNumber } from "../src/record.ts";
import { tempFolder } from "./temp.ts";

function recordOf(pid: number): BrokerRecord {
  const facts = processFacts(pid);
  const startTime = facts.kind === "absent" ? "long ago" : facts.startTime;
  return { v: 1, pid, startTime, binary: "/bin/nats-server", durability: { kind: "fsync-each" } };
}

const mine = recordOf(process.pid);
/** A record whose pid lives, as another process. */
const stale: BrokerRecord = { ...mine, startTime: "an earlier one" };

const claims = (folder: string): string[] => readdirSync(folder).sort();

describe("the record of a folder", () => {
  test("is absent, running or stale", async () => {
    verifies("BROK-26", "BROK-30");
    const folder = tempFolder();
    expect(await readBrokerRecord(folder)).toEqual({ kind: "absent" });
    expect(await readBrokerRecord(`${folder}/none`)).toEqual({ kind: "absent" });
    await claimFolder(folder, stale);
    expect(await readBrokerRecord(folder)).toEqual({ kind: "stale", record: stale });
    await claimFolder(folder, mine);
    expect(await readBrokerRecord(folder)).toEqual({ kind: "running", record: mine });
  });

  test("is replaced whole, is for its owner's eyes, and leaves nothing else behind", async () => {
    const folder = tempFolder();
    await claimFolder(folder, stale);
    const claim = await claimFolder(folder, mine);
    await claim.update({ ...mine, port: 4222 });
    expect(claims(folder)).toEqual(["broker.2.json"]);
    expect(statSync(`${folder}/broker.2.json`).mode & 0o777).toBe(0o600);
    expect(await readBrokerRecord(folder)).toEqual({ kind: "running", record: { ...mine, port: 4222 } });
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '{"v":2}',
    '{"v":1,"pid":"1"}',
    '{"v":1,"pid":1,"startTime":"x","binary":"y"}',
  ])("that reads %j is refused rather than taken for none", async (text) => {
    const folder = tempFolder();
    writeFileSync(`${folder}/broker.1.json`, text);
    await expect(readBrokerRecord(folder)).rejects.toMatchObject({ code: "bad-record" });
    await expect(claimFolder(folder, mine)).rejects.toMatchObject({ code: "bad-record" });
    expect(readFileSync(`${folder}/broker.1.json`, "utf8")).toBe(text);
  });
});

describe("a claim", () => {
  test("is refused while the holder lives, with its pid", async () => {
    verifies("BROK-23");
    const folder = tempFolder();
    await claimFolder(folder, mine);
    await expect(claimFolder(folder, recordOf(process.ppid))).rejects.toMatchObject({
      code: "store-in-use",
      data: { folder, pid: process.pid },
    });
    expect(claims(folder)).toEqual(["broker.1.json"]);
  });

  test("goes to one of many that want it at once, from nothing and from a stale one", async () => {
    verifies("BROK-23");
    for (let round = 0; round < 40; round++) {
      const folder = tempFolder();
      if (round % 2 === 1) await claimFolder(folder, stale);
      const takers = Array.from({ length: 8 }, (_, port) => ({ ...mine, port }));
      const outcomes = await Promise.allSettled(takers.map((record) => claimFolder(folder, record)));
      const winners = takers.filter((_, at) => outcomes[at]?.status === "fulfilled");
      expect(winners).toHaveLength(1);
      expect(await readBrokerRecord(folder)).toEqual({ kind: "running", record: winners[0] });
      expect(claims(folder)).toHaveLength(1);
    }
  });

  test("gives way when it was overtaken since it looked", async () => {
    verifies("BROK-23");
    const folder = tempFolder();
    await takeNumber(folder, 7, mine);
    for (const number of [7, 3]) {
      await expect(takeNumber(folder, number, stale)).rejects.toMatchObject({ code: "store-in-use" });
    }
    expect(claims(folder)).toEqual(["broker.7.json"]);
    expect(await readBrokerRecord(folder)).toEqual({ kind: "running", record: mine });
  });

  test("is free again once its holder has ended", async () => {
    verifies("BROK-26");
    const folder = tempFolder();
    const holder = spawn("/bin/sh", ["-c", "read end"], { stdio: ["pipe", "ignore", "ignore"] });
    await once(holder, "spawn");
    await claimFolder(folder, recordOf(holder.pid ?? 0));
    await expect(claimFolder(folder, mine)).rejects.toMatchObject({ code: "store-in-use" });
    const ended = once(holder, "exit");
    holder.stdin.end();
    await ended;
    await claimFolder(folder, mine);
  });
});
