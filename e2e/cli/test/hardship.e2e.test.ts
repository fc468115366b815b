import { execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isRunning } from "@cotal/broker";
import { eventually as within } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { program, type TestUser, testUser } from "./cotal.ts";

/** Many processes are started here, which a busy machine takes its time for. */
const eventually: typeof within = (check, options) => within(check, { timeoutMs: 150_000, ...options });
const isRoot = process.getuid?.() === 0;

/** Little room for all that a user has. */
interface Scarcity extends AsyncDisposable {
  up(): Promise<{ readonly code: number | null }>;
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** A small disk; where nobody may mount one, files of the broker that may not grow. */
async function scarceRoom(user: TestUser): Promise<Scarcity> {
  const folder = user.env.COTAL_HOME ?? "";
  await mkdir(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "none", folder], { stdio: "pipe" });
  } catch {
    process.stderr.write("no disk can be mounted here: a limit to the size of files stands for a full one\n");
    const nothing = (): Promise<void> => Promise.resolve();
    const up = (): Promise<Ended> => inShell(user, "ulimit -f 1024; exec cotal up --detach");
    return { up, fill: nothing, empty: nothing, [Symbol.asyncDispose]: nothing };
  }
  const ballast = join(folder, "ballast");
  return {
    up: () => user.run(["up", "--detach"]),
    fill: async () => {
      const { bavail, bsize } = await statfs(folder);
      await writeFile(ballast, Buffer.alloc(bavail * bsize));
    },
    empty: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: async () => void execFileSync("umount", ["-l", folder]),
  };
}

interface Ended {
  readonly code: number;
  readonly text: string;
}

/** What somebody types to a shell. */
async function inShell(user: TestUser, line: string, more: SpawnOptions = {}): Promise<Ended> {
  const words = [process.execPath, ...program].map((word) => `'${word}'`).join(" ");
  const child = spawn("/bin/sh", ["-c", line.replaceAll("cotal ", `${words} `)], {
    cwd: user.folder,
    env: user.env,
    ...more,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (part) => {
      text += String(part);
    });
  }
  const [code] = await once(child, "close");
  return { code, text };
}

const said = async (user: TestUser): Promise<string[]> => {
  const { result } = (await user.run(["history", "general", "-n", "1000", "--json"])).json();
  return result.messages.map(({ parts }: { parts: { text: string }[] }) => parts[0]?.text.slice(0, 20));
};

describe("a disk that is full", () => {
  test("takes nothing away, is told, and once there is room down and up go on where it was", async () => {
    verifies("CLI-65", "CLI-186", "CLI-8");
    await using user = await testUser();
    await using room = await scarceRoom(user);
    try {
      expect(await room.up()).toMatchObject({ code: 0 });
      await user.run(["spawn", "full1", "--exec", "echo answer", "--restart", "always"]);
      const stored: string[] = [];
      const send = async (text: string): Promise<boolean> => {
        const { code, stdout } = await user.run(["send", "-c", "general", "-"], { stdin: text });
        expect([code, /stored seq/.test(stdout)]).toEqual(code === 0 ? [0, true] : [7, false]);
        if (code === 0) stored.push(text.slice(0, 20));
        return code === 0;
      };
      expect(await send("before")).toBe(true);
      await room.fill();
      for (let post = 1; await send(`post ${post} ${"x".repeat(120_000)}`); post++)
        expect(post).toBeLessThan(50);
      const seen = await user.run(["status", "--json"]);
      expect([seen.code, seen.json().result.checks]).toEqual([
        1,
        expect.arrayContaining([
          expect.objectContaining({ id: "disk", verdict: "failed", code: "disk-full" }),
        ]),
      ]);
      expect(await said(user)).toEqual(stored);
      await room.empty();
      const stuck = await user.run(["status"]);
      expect([stuck.code, stuck.stdout]).toEqual([1, expect.stringMatching(/disk .*CHAT_main take nothing/)]);
      expect(await user.run(["down"])).toMatchObject({ code: 0 });
      expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
      expect(await send("after")).toBe(true);
      expect(await said(user)).toEqual(stored);
      const reply = await user.run(["send", "-t", "full1", "ask", "--wait-reply", "--timeout", "90s"]);
      expect(reply.stdout).toContain("full1: answer");
      await eventually(async () => (await user.run(["status"])).code === 0, { what: "a mesh in order" });
    } finally {
      await user.run(["down"]);
    }
  });

  test("lets no mesh begin, and says why", async () => {
    verifies("CLI-65", "CLI-26");
    await using user = await testUser();
    // A file may grow to nothing: the same as no room, for whoever has no disk to fill.
    const { code, text } = await inShell(user, "ulimit -f 0; exec cotal up --detach");
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/failed .*\((disk-full|home-unusable)\)\nnext {3}/),
    ]);
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    await user.run(["down"]);
  });
});

const nobody = 65_534;

/** Somebody else of this machine, with a home of their own. */
async function another(user: TestUser): Promise<(line: string, env?: object) => Promise<Ended>> {
  const home = join(user.folder, "nobody");
  await mkdir(home);
  // The program lies in a folder that was made for the tests alone; installed, everybody may run it.
  await chmod(dirname(dirname(program[0] ?? "")), 0o755);
  if (isRoot) execFileSync("chown", [String(nobody), home]);
  return (line, more = {}) => {
    const env = { PATH: user.env.PATH, HOME: home, COTAL_HOME: join(home, "cotal"), ...more };
    return inShell(user, line, { cwd: home, env, ...(isRoot && { uid: nobody, gid: nobody }) });
  };
}

test("two users of one machine: neither reads, reaches or takes over what the other has", async () => {
  verifies("CLI-65", "CLI-18", "CLI-39");
  await using user = await testUser();
  // What protects the mesh are its own modes, and not those of a folder around it.
  await chmod(user.folder, 0o755);
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  expect(await user.run(["spawn", "mine1", "--", "cat"])).toMatchObject({ code: 0 });
  const { link } = (await user.run(["link", "--json"])).json().result;
  const home = user.env.COTAL_HOME ?? "";
  for (const entry of [home, ...(await readdir(home, { recursive: true })).map((name) => join(home, name))]) {
    const { mode } = await stat(entry);
    expect([entry, (mode & 0o077).toString(8)]).toEqual([entry, "0"]);
  }
  const [socket = ""] = (await readdir(join(home, "run"))).filter((name) => name.endsWith(".sock"));
  const asNobody = await another(user);
  // Folders around these may be closed to others, as that of a user's own temporary files is.
  const isSomebodyElse = isRoot && (await asNobody('test -x "$HOME" && cotal --version')).code === 0;
  if (!isSomebodyElse)
    process.stderr.write(
      "nobody can be somebody else here: the modes of the files are all that is looked at\n",
    );
  else {
    expect((await asNobody(`cat ${user.mesh}/peers/*.creds ${user.mesh}/trust/*`)).text).toMatch(
      /denied|No such/,
    );
    const reach = `require("node:net").connect("${join(home, "run", socket)}").on("error",e=>{console.log(e.code);process.exit(9)})`;
    expect(await asNobody(`${process.execPath} -e '${reach}'`)).toMatchObject({ code: 9, text: "EACCES\n" });
    for (const line of [
      "cotal status",
      "cotal ps",
      "cotal attach mine1",
      "cotal up --detach",
      "cotal down --purge --yes",
    ]) {
      const taken = await asNobody(line, { COTAL_HOME: home });
      expect([line, taken.code === 0]).toEqual([line, false]);
      expect(taken.text).toMatch(/failed .+ \([a-z-]+\)\nnext/);
      expect(taken.text).not.toContain("nobody foresaw");
    }
    const joined = await asNobody(`cotal join '${link}' --json`);
    expect([joined.code, joined.text]).toEqual([4, expect.stringContaining("no-credential")]);
    expect(await asNobody("cotal up --detach")).toMatchObject({ code: 0 });
    expect(await asNobody("cotal send -c general mine")).toMatchObject({ code: 0 });
    expect(await asNobody("cotal down")).toMatchObject({ code: 0 });
  }
  expect(await said(user)).toEqual([]);
  expect(await user.run(["status"])).toMatchObject({ code: 0 });
  // The owner still reaches it.
  const line = createConnection(join(home, "run", socket));
  await once(line, "connect");
  line.destroy();
  expect(await user.run(["down"])).toMatchObject({ code: 0 });
});

test("a laptop that was suspended goes on where it was, and loses nothing", async () => {
  verifies("CLI-65", "CLI-81", "CLI-62");
  await using user = await testUser();
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  await user.run(["channels", "set", "general", "--class", "durable"]);
  await user.run(["spawn", "lap1", "--all", "--exec", "cat >> heard; echo >> heard"]);
  await user.run(["send", "-c", "general", "said before"]);
  const heard = async (text: string): Promise<number> =>
    (await readFile(join(user.folder, "heard"), "utf8").catch(() => "")).split(text).length - 1;
  await eventually(async () => (await heard("said before")) === 1, { what: "the first post" });
  const everybody = [await user.manager(), ...(await user.daemons()), await user.holder("lap1")].flatMap(
    (each) => each ?? [],
  );
  const pids = [...everybody.map(({ pid }) => pid), (await user.brokerPid()) ?? 0];
  // Asked while it falls asleep, so that somebody is in the middle of something.
  const asking = user.start(["send", "-c", "general", "said in between", "--json"]);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  // Longer than beats count (30 s) and than every lease is believed in.
  await pause(40_000);
  for (const pid of pids) process.kill(pid, "SIGCONT");
  for (const each of everybody) expect(isRunning(each)).toBe(true);
  const { code } = await asking.finished();
  await eventually(async () => (await user.run(["status"])).code === 0, { what: "a mesh in order" });
  expect(await user.run(["send", "-c", "general", "said after"])).toMatchObject({ code: 0 });
  await eventually(async () => (await heard("said after")) === 1, { what: "the last post" });
  expect(await heard("said before")).toBe(1);
  const between = await heard("said in between");
  // Whether it is stored the sender knows, or knows that it does not.
  expect(code === 0 ? between === 1 : code !== 0 && between <= 1).toBe(true);
  const { result } = (await user.run(["ps", "--json"])).json();
  expect(result.seats).toMatchObject([{ name: "lap1", process: "running", mesh: "present", restarts: 0 }]);
  expect(await user.run(["down"])).toMatchObject({ code: 0 });
});
