import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processFacts } from "@cotal/broker";
import { verifies } from "@cotal/requirements";
import { asChannelPattern, asOwnerId, asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { userFilesOf } from "../../src/home/mesh-files.ts";
import {
  hasSameRights,
  isHeld,
  listSeats,
  readSeat,
  type Seat,
  seatFiles,
  writeSeat,
} from "../../src/seat/seat.ts";
import { failureOf, withFolder } from "../support.ts";

const name = asToken("name", "echo1");
const patterns = ["general", "team.>"].map(asChannelPattern);
const seat: Seat = {
  name,
  id: asOwnerId(`U${"A".repeat(55)}`),
  work: { kind: "echo" },
  cwd: "/",
  restart: "never",
  wanted: true,
  allowSubscribe: patterns,
  allowPublish: [],
};
const filesIn = (folder: string): ReturnType<typeof userFilesOf> =>
  userFilesOf({ env: { COTAL_HOME: folder }, folder });

describe("the record of an agent", () => {
  test("is read as it was written", async () => {
    await withFolder(async (folder) => {
      const files = filesIn(folder);
      expect(await readSeat(files, name)).toBeUndefined();
      await writeSeat(files, {
        ...seat,
        role: asToken("role", "w"),
        holder: { pid: 1, startTime: "x", since: 2, socket: "s" },
      });
      expect(await readSeat(files, name)).toMatchObject({ ...seat, role: "w", holder: { pid: 1, since: 2 } });
    });
  });

  test.each(["", "[]", "{", '{"v":2,"name":"echo1"}', JSON.stringify({ v: 1, ...seat, name: "other" })])(
    "%j is refused, and holds up no other agent",
    async (text) => {
      await withFolder(async (folder) => {
        const files = filesIn(folder);
        const { folder: own, record } = seatFiles(files, name);
        await mkdir(own, { recursive: true });
        await writeFile(record, text);
        await writeSeat(files, { ...seat, name: asToken("name", "other") });
        await mkdir(join(files.seats, "no name"));
        expect(await failureOf(() => readSeat(files, name))).toMatchObject({ code: "bad-state" });
        const { seats, unreadable } = await listSeats(files);
        expect(seats.map((each) => each.name)).toEqual(["other"]);
        expect(unreadable.map((each) => each.name)).toEqual(["echo1"]);
      });
    },
  );

  test("says that it runs only of the very process that was started", () => {
    verifies("CLI-41");
    const facts = processFacts(process.pid);
    const startTime = facts.kind === "absent" ? "" : facts.startTime;
    expect(isHeld({ ...seat, holder: { pid: process.pid, startTime, since: 1, socket: "s" } })).toBe(true);
    expect(
      isHeld({ ...seat, holder: { pid: process.pid, startTime: `${startTime}0`, since: 1, socket: "s" } }),
    ).toBe(false);
    expect(isHeld(seat)).toBe(false);
  });

  test("is that of the same peer whatever the order of its channels, and whatever it does", () => {
    expect(hasSameRights(seat, { ...seat, allowSubscribe: patterns.toReversed() })).toBe(true);
    expect(hasSameRights(seat, { ...seat, restart: "always", cwd: "/tmp" })).toBe(true);
    expect(hasSameRights(seat, { ...seat, allowPublish: patterns })).toBe(false);
    expect(hasSameRights(seat, { ...seat, role: asToken("role", "w") })).toBe(false);
  });
});
