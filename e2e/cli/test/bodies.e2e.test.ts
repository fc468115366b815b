import { randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { signalProcess } from "@cotal/broker";
import type { Endpoint } from "@cotal/endpoint";
import { eventually, withSession } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { credentialFile } from "@cotal/session";
import { asChannel, asOwnerId, asToken, formatSubject, type OwnerId } from "@cotal/subjects";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Started, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
let daemons: readonly Started[];

/** A text that stands nowhere else. Each is sent along one way. */
const marks: string[] = [];
const marked = (way: string): string => {
  const mark = `body-${way}-${randomUUID()}`;
  marks.push(mark);
  return mark;
};

beforeAll(async () => {
  user = await testUser();
  await user.run(["up", "--detach"]);
  // The daemons that say the most: in the place of those of `up`, with --debug, and all they print kept.
  const [delivery] = await user.daemons();
  const manager = await user.manager();
  for (const noted of [delivery, manager]) if (noted !== undefined) signalProcess(noted, "SIGTERM");
  await eventually(async () => (await user.daemons()).length === 0 && (await user.manager()) === undefined);
  daemons = [user.start(["deliver", "--debug", "--json"]), user.start(["manage", "--debug", "--json"])];
  await daemons[0]?.says('"event":"leads"');
  await daemons[1]?.says('"event":"manages"');
  await user.run(["mint", "bob"]);
  await user.run(["channels", "set", "general", "--class", "durable"]);
  await user.run(["spawn", "echo1", "--preset", "echo"]);
  await user.run(["spawn", "worker1", "--role", "crew", "--exec", "cat >/dev/null"]);
  await user.run(["spawn", "broken1", "--exec", "cat >/dev/null; exit 3"]);
});
afterAll(() => user[Symbol.asyncDispose]());

test("what is said stands in no log of what runs, whichever way it went, also at --debug", async () => {
  verifies("CLI-146");
  const bob = await beBob(() => undefined);
  await bob.endpoint.join(asChannel("general"));
  await bob.endpoint[Symbol.asyncDispose]();

  await sent(0, "-c", "general", `${marked("channel")} @echo1`);
  await sent(0, "-t", "echo1", marked("direct"), "--wait-reply");
  await sent(0, "-t", "bob", marked("away"));
  await sent(0, "-r", "crew", marked("role"));
  await sent(0, "-t", "broken1", marked("failing"));
  await sent(5, "-c", "secret", marked("denied"));
  await sent(3, "-t", "nobody1", marked("nobody"));
  const large = join(user.folder, "large");
  await writeFile(large, `${marked("large")} ${"x".repeat(2 * 1024 * 1024)}`);
  await sent(2, "-t", "bob", "--file", large);
  await publishRaw(["unsigned", "garbage"].map(marked));

  // Back, bob gives up what waited, and gets the rest again from an operator.
  const back = await beBob((text) => (text.includes("away") ? "not today" : undefined));
  await eventually(() => ["away", "channel"].every((way) => back.heard.some((text) => text.includes(way))));
  const [letter] = await eventuallyLetters();
  await user.run(["dead", "replay", letter ?? ""]);
  await back.endpoint[Symbol.asyncDispose]();
  await eventually(async () => (await readFile(logOf("seats/broken1"), "utf8")).includes("exec"), {
    what: "the failure of the command",
  });
  await user.run(["doctor", "--bundle"]);

  const logs = await logFiles();
  const names = [...logs.keys()];
  for (const part of [
    "broker/",
    "delivery/",
    "manager/",
    "seats/echo1/",
    "seats/worker1/",
    "seats/broken1/",
    "bundles/",
  ]) {
    expect(
      names.some((name) => name.startsWith(part)),
      part,
    ).toBe(true);
  }
  for (const daemon of daemons) daemon.child.kill("SIGTERM");
  const printed = await Promise.all(daemons.map((daemon) => daemon.finished()));
  const all = new Map([
    ...logs,
    ...printed.map(({ stdout, stderr }, at) => [`daemon ${at}`, stdout + stderr] as const),
  ]);
  const found = [...all].flatMap(([name, text]) =>
    marks.filter((mark) => text.includes(mark)).map((mark) => `${name}: ${mark}`),
  );
  expect(found).toEqual([]);
  // They were there to be found.
  const stored = await readFile(await streamFile(marks[0] ?? ""), "latin1");
  expect(stored).toContain(marks[0]);
});

async function sent(code: number, ...words: string[]): Promise<void> {
  const { stderr, ...run } = await user.run(["send", ...words]);
  expect(run, stderr).toMatchObject({ code });
}

interface Bob {
  readonly endpoint: Endpoint;
  readonly heard: readonly string[];
}

/** `refuse`: why a text is given up, if it is. */
async function beBob(refuse: (text: string) => string | undefined): Promise<Bob> {
  const endpoint = await user.be("bob");
  const heard: string[] = [];
  endpoint.onMessage(async ({ message }) => {
    const [part] = message.parts;
    const text = part?.kind === "text" ? String(part.text) : "";
    heard.push(text);
    const reason = refuse(text);
    return reason === undefined ? undefined : { kind: "reject", reason };
  });
  return { endpoint, heard };
}

/** Past every check of a sender: what receivers refuse has passed through all of them. */
async function publishRaw([unsigned = "", garbage = ""]: readonly string[]): Promise<void> {
  const { result } = (await user.run(["status", "--json"])).json();
  const { peers } = (await user.run(["who", "--json"])).json().result;
  const idOf = (name: string): OwnerId =>
    asOwnerId(peers.find((peer: { name: string }) => peer.name === name).id);
  const [sender, target] = [idOf("bob"), idOf("echo1")];
  const space = asToken("space", "main");
  const credentials = credentialFile(join(user.mesh, "peers", "bob.creds"));
  const body = JSON.stringify({ v: 1, id: randomUUID(), parts: [{ kind: "text", text: unsigned }] });
  const subjects = [
    formatSubject({ kind: "chat", space, sender, channel: asChannel("general") }),
    formatSubject({ kind: "inst", space, sender, target }),
  ];
  await withSession(
    result.server,
    async ({ connection }) => {
      for (const subject of subjects) for (const each of [body, garbage]) connection.publish(subject, each);
      await connection.flush();
    },
    { credentials },
  );
}

async function eventuallyLetters(): Promise<string[]> {
  let letters: string[] = [];
  await eventually(async () => {
    const { result } = (await user.run(["dead", "list", "bob", "--json"])).json();
    letters = result.letters.map((each: { letter: string }) => each.letter);
    return letters.length > 0;
  });
  return letters;
}

const logOf = (part: string): string => join(user.mesh, part, "log");

/** Every log that lies with the mesh, by its path there. */
async function logFiles(): Promise<Map<string, string>> {
  const entries = await readdir(user.mesh, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /(\/log(\.\d+)?|\.log(\.\d+)?)$|\/bundles\//.test(path));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [relative(user.mesh, path), await readFile(path, "latin1")] as const),
    ),
  );
}

/** The file of a stream that holds a text. */
async function streamFile(text: string): Promise<string> {
  const entries = await readdir(join(user.mesh, "broker"), { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path, "latin1")).includes(text)) return path;
  }
  throw new Error("no stream holds it");
}
