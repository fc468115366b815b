import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";

const manual = fileURLToPath(new URL("../../../docs/commands/", import.meta.url));

let user: TestUser;

beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  expect(await user.run(["spawn", "echo1", "--preset", "echo"])).toMatchObject({ code: 0 });
  expect(await user.run(["spawn", "prog1", "--", "cat"])).toMatchObject({ code: 0 });
  expect(await user.run(["mint", "minted1"])).toMatchObject({ code: 0 });
  expect(await user.run(["channels", "set", "lab", "--class", "live"])).toMatchObject({ code: 0 });
});
afterAll(() => user[Symbol.asyncDispose]());

/** What the broker writes down, what the fabric logs, and who holds the lock, change while nobody does anything. */
const isMoving = (path: string): boolean =>
  /^(broker\/|(delivery|manager)\/log|lock\.|manager\/manager\.json)/.test(path);

async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const rows = paths
    .map((path) => [relative(folder, path), path] as const)
    .filter(([name]) => !isMoving(name))
    .sort();
  return Object.fromEntries(
    await Promise.all(
      rows.map(async ([name, path]) => [
        name,
        createHash("sha256")
          .update(await readFile(path))
          .digest("hex"),
      ]),
    ),
  );
}

/** Everything that stands in the registries and streams, and every process, as the commands that look tell it. */
async function standing(): Promise<object> {
  const looks = ["channels", "acl show minted1", "dead", "creds", "ps", "pending minted1"];
  const documents = await Promise.all(
    looks.map(async (line) => {
      const { result, exitCode } = (await user.run([...line.split(" "), "--json"])).json();
      return [line, exitCode, result] as const;
    }),
  );
  const { peers } = (await user.run(["who", "--json"])).json().result;
  const who = peers.map(({ id, name, role, kind, live }: Record<string, unknown>) => ({
    id,
    name,
    role,
    kind,
    live,
  }));
  const processes = [await user.brokerPid(), await user.manager(), await user.daemons()];
  return { files: await filesOf(user.mesh), documents, who, processes };
}

/** Every command that changes something, and what it says of what it would change. */
const runs: readonly (readonly [line: string, says: RegExp])[] = [
  ["up -f cotal.yaml", /spawn/],
  [
    "down",
    /would stop {2}manager.*\nwould stop {2}agent echo1.*\n.*agent prog1.*\n.*delivery.*\nwould stop {2}broker/,
  ],
  ["down --purge --keep-agents", /usage/],
  ["down --purge", /would delete/],
  ["spawn new1 --preset echo", /would spawn {2}new1, echo; reads general/],
  ["spawn echo1 --preset echo", /agent-running/],
  ["stop echo1", /would stop {2}echo1, echo, pid/],
  ["restart echo1", /would restart {2}echo1/],
  ["rm echo1", /would delete .*echo1/],
  ["rm echo1 --yes", /would delete .*echo1/],
  ["input prog1 hello", /would type to prog1/],
  ["send -t echo1 hello", /would send {2}5 bytes to echo1/],
  ["send -c general hello --wait-reply", /would send {2}5 bytes to the channel general/],
  ["doctor --fix", /broker/],
  ["channels set lab --class durable", /would be set {2}lab/],
  ["channels rm lab --yes", /would remove {2}lab/],
  ["link --with-credential", /would make {2}a peer/],
  ["mint minted2", /would mint {2}minted2/],
  ["mint minted1", /found {2}minted1/],
  ["revoke minted1 --yes", /would revoke {2}minted1/],
  ["acl set minted1 --allow-publish lab", /would/],
  ["acl narrow minted1 --allow-publish=", /would/],
  ["use main", /would be chosen: main/],
  ["creds renew", /would renew {2}minted1/],
];

describe("with --dry-run", () => {
  test("every command that changes something says what it would change, and changes nothing", async () => {
    verifies("CLI-11");
    await writeFile(join(user.folder, "cotal.yaml"), "agents: {new2: {preset: echo}}\n");
    const before = await standing();
    await Promise.all(
      runs.map(async ([line, says]) => {
        const { stdout, stderr } = await user.run([...line.split(" "), "--dry-run", "--quiet"]);
        expect(stdout + stderr).toMatch(says);
      }),
    );
    expect(await standing()).toEqual(before);
  });

  test("are all commands that say that they change something", async () => {
    verifies("CLI-11");
    const pages = (await readdir(manual)).filter((name) => name !== "README.md");
    const texts = await Promise.all(pages.map((name) => readFile(join(manual, name), "utf8")));
    const changing = texts.flatMap((text) =>
      text.includes("`--dry-run`") ? [/^# cotal (.+)$/m.exec(text)?.[1] ?? ""] : [],
    );
    // Of a dead letter there is none here; its own tests look at both.
    const run = new Set(runs.map(([line]) => line));
    const missing = changing.filter((name) => ![...run].some((line) => `${line} `.startsWith(`${name} `)));
    expect(missing.sort()).toEqual(["dead drop", "dead replay"]);
  });
});
