import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually as within } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Document, program, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
let peer: string;

/** Many processes are started here, which a busy machine takes its time for. */
const eventually: typeof within = (check, options) => within(check, { timeoutMs: 150_000, ...options });

beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  peer = (await user.run(["status", "--json"])).json().result.peer;
  const rights = ["--allow-subscribe", "general,lab,secret", "--allow-publish", "general,lab,secret"];
  expect(await user.run(["acl", "set", peer, ...rights])).toMatchObject({ code: 0 });
});
afterAll(() => user[Symbol.asyncDispose]());

const cotal = [process.execPath, ...program].map((word) => `'${word}'`).join(" ");
const logOf = async (name: string): Promise<readonly { event: string; code?: string; text?: string }[]> => {
  const text = await readFile(join(user.mesh, "seats", name, "log"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
};
/** What each line of a script prints that runs inside an agent. */
const inside = async (
  name: string,
  words: readonly string[],
  lines: readonly string[],
): Promise<Document[]> => {
  const script = lines.map((line) => `${cotal} ${line} --json`).join("; ");
  const spawned = await user.run([
    "spawn",
    name,
    "--pipes",
    ...words,
    "--",
    "sh",
    "-c",
    `${script}; echo over`,
  ]);
  expect(spawned).toMatchObject({ code: 0 });
  await eventually(async () => (await logOf(name)).some(({ text }) => text === "over"), {
    what: "the end of the script",
  });
  const said = (await logOf(name)).flatMap(({ text }) => (text?.startsWith("{") ? [JSON.parse(text)] : []));
  return said as Document[];
};

describe.concurrent("inside an agent", () => {
  test("one reads, looks around and writes as that agent, with its rights and no others", async () => {
    verifies("CLI-77", "CLI-47");
    for (const channel of ["lab", "secret"]) await user.run(["send", "-c", channel, `said in ${channel}`]);
    await user.run(["channels", "set", "lab", "--description", "trials"]);
    const rights = ["--allow-subscribe", "general,lab", "--allow-publish", "general,lab"];
    const lines = [
      "history lab",
      "history secret",
      "who",
      "channels",
      "channels show lab",
      "channels show =defaults",
      `send -t ${peer} hello`,
      "watch --for 1s",
    ];
    const [lab, secret, who, channels, shown, defaults, sent, ...watched] = await inside(
      "in1",
      rights,
      lines,
    );
    expect(lab?.result.messages).toMatchObject([{ from: { name: peer }, parts: [{ text: "said in lab" }] }]);
    expect(secret).toMatchObject({ ok: false, exitCode: 5, error: { code: "not-allowed" } });
    expect(secret?.error?.hint).toContain("cotal acl set in1");
    const names = who?.result.peers.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining([peer, "in1"]));
    const listed = channels?.result.channels.map(({ channel }: { channel: string }) => channel);
    expect(listed).toEqual(["general", "lab"]);
    expect(shown?.result).toMatchObject({ posts: 1, effective: { description: "trials" } });
    expect(defaults).toMatchObject({ exitCode: 5, error: { code: "signer-missing" } });
    expect(sent).toMatchObject({ ok: true, result: { target: { kind: "peer", to: peer } } });
    expect(watched.at(-1)).toMatchObject({ command: "watch", result: { event: "ended" } });
  });

  test("that looks takes nothing from the agent: it answers as before", async () => {
    verifies("CLI-77");
    const line = `${cotal} who --quiet > /dev/null && ${cotal} history general --quiet > /dev/null && echo looked`;
    expect(await user.run(["spawn", "in2", "--exec", line])).toMatchObject({ code: 0 });
    for (let time = 0; time < 3; time++) {
      const asked = await user.run(["send", "-t", "in2", "look", "--wait-reply", "--timeout", "90s"]);
      expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining("in2: looked") });
    }
    const events = (await logOf("in2")).map(({ event }) => event);
    expect(events.filter((event) => event === "seat.failed" || event === "seat.state")).toEqual([]);
  });

  test("one that waits for a reply is the agent, which only one program can be", async () => {
    verifies("CLI-75");
    expect(await user.run(["spawn", "in4", "--preset", "echo"])).toMatchObject({ code: 0 });
    // A program that is no peer of its own leaves its identity to the command.
    const [asked] = await inside("in5", [], ["send -t in4 hello --wait-reply"]);
    expect(asked).toMatchObject({ ok: true, result: { reply: { from: { name: "in4" } } } });
    const line = `${cotal} send -t in4 hello --wait-reply --json`;
    await user.run(["spawn", "in6", "--exec", `${line} || true`]);
    const refused = await user.run(["send", "-t", "in6", "go", "--wait-reply", "--timeout", "90s", "--json"]);
    const { exitCode, error } = JSON.parse(refused.json().result.reply.parts[0].text) as Document;
    expect([exitCode, error?.code]).toEqual([8, "identity-in-use"]);
  });
});

describe.concurrent("without the keys of the mesh", () => {
  test("one identity is stored and asks, one command at a time, and loses nothing that others say to it", async () => {
    verifies("CLI-75");
    const minted = (await user.run(["mint", "guest1", "--json"])).json().result;
    const { result } = (await user.run(["status", "--json"])).json();
    const env = {
      COTAL_CREDS: minted.path,
      COTAL_NAME: "guest1",
      COTAL_SPACE: result.space,
      COTAL_SERVERS: result.server,
    };
    await user.run(["spawn", "slow1", "--concurrency", "2", "--exec", "sleep 6; echo late"]);
    await user.run(["send", "-t", "guest1", "for later"]);
    const first = user.start(["send", "-t", "slow1", "one", "--wait-reply", "--timeout", "90s"], { env });
    await first.says("waiting for the reply");
    const second = await user.run(["send", "-t", "slow1", "two", "--wait-reply", "--json"], { env });
    expect([second.code, second.json().error?.code]).toEqual([8, "identity-in-use"]);
    expect(await first.finished()).toMatchObject({ code: 0, stdout: expect.stringContaining("slow1: late") });
    const late = ["send", "-t", "slow1", "three", "--wait-reply", "--timeout", "1s", "--json"];
    const timedOut = (await user.run(late, { env })).json();
    expect([timedOut.error?.code, timedOut.error?.hint]).toEqual([
      "no-reply",
      "a reply that comes later waits for guest1; to wait longer, use --timeout",
    ]);
    await using guest = await user.be("guest1");
    const heard: string[] = [];
    guest.onMessage(async ({ message }) => void heard.push(JSON.stringify(message.parts)));
    await eventually(() => heard.some((text) => text.includes("for later")), {
      what: "what was said meanwhile",
    });
    await eventually(() => heard.some((text) => text.includes('late"')), { what: "the late reply" });
  });

  test("what is sent to an identity that is no more is refused, and its agents go on", async () => {
    verifies("CLI-75", "CLI-36");
    await user.run(["spawn", "slow2", "--exec", "cat > asked.json; sleep 8; echo late"]);
    const asked = await user.run(["send", "-t", "slow2", "one", "--wait-reply", "--timeout", "1s", "--json"]);
    expect([asked.code, asked.json().error?.code]).toEqual([1, "no-reply"]);
    expect(asked.json().error?.hint).toContain("is refused (peer-retired)");
    await eventually(async () => (await logOf("slow2")).some(({ event }) => event === "seat.reply-refused"), {
      what: "the refused reply",
    });
    expect((await logOf("slow2")).filter(({ event }) => event === "seat.exec")).toHaveLength(1);
    const { sender } = JSON.parse(await readFile(join(user.folder, "asked.json"), "utf8"));
    const sent = await user.run(["send", "-t", sender, "too late", "--json"]);
    expect([sent.code, sent.json().error?.code]).toEqual([3, "peer-retired"]);
  });
});
