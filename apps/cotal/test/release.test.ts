import { mkdir, writeFile } from "node:fs/promises";
import { processFacts } from "@cotal/broker";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { filesIn } from "../src/home/mesh-files.ts";
import { releaseWarnings } from "../src/mesh/release-warnings.ts";
import { thisRelease } from "../src/release.ts";
import { withFolder } from "./support.ts";

const facts = processFacts(process.pid);
const live = { v: 1, pid: process.pid, startTime: facts.kind === "absent" ? "" : facts.startTime, since: 1 };

/** What is said of a mesh whose manager and delivery daemon have noted this down. */
const saidOf = (manager: object, daemon: object): Promise<string[]> =>
  withFolder(async (folder) => {
    const files = filesIn(folder);
    await mkdir(files.manager);
    await mkdir(files.delivery);
    await writeFile(`${files.manager}/manager.json`, JSON.stringify({ ...live, ready: true, ...manager }));
    await writeFile(`${files.delivery}/daemon.${process.pid}.json`, JSON.stringify({ ...live, ...daemon }));
    return (await releaseWarnings(files)).map(({ message }) => message.replaceAll(`${process.pid}`, "7"));
  });

describe("the release of what runs", () => {
  test("is no matter while it is that of the program", async () => {
    verifies("CLI-16");
    expect(await saidOf(thisRelease(), thisRelease())).toEqual([]);
  });

  test("is told where its version or its protocol differs, and of a daemon that does not say", async () => {
    verifies("CLI-16");
    const { version, protocol } = thisRelease();
    const own = `this is cotal ${version}, protocol ${protocol}`;
    expect(await saidOf({ version, protocol: "9" }, { version: "9.9.9", protocol })).toEqual([
      `the manager (process 7) runs cotal ${version}, protocol 9; ${own}`,
      `delivery (process 7) runs cotal 9.9.9, protocol ${protocol}; ${own}`,
    ]);
    expect(await saidOf({}, {})).toEqual([
      `the manager (process 7), delivery (process 7) run an older cotal; ${own}`,
    ]);
  });

  test("of what has ended says nothing", async () => {
    verifies("CLI-16");
    const ended = { startTime: "0", version: "9.9.9" };
    expect(await saidOf(ended, ended)).toEqual([]);
  });
});
