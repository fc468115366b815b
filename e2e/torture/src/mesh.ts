import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type ProcessIdentity, signalProcess } from "@cotal/broker";
import type { Actor } from "./cast.ts";
import { commandIn, type Document, resultOf } from "./command.ts";

export type Part = "broker" | "delivery" | "manager";
export type Signal = Parameters<typeof signalProcess>[1];

/** A mesh as a user has it: made, healed and probed by the command, and by nothing else. */
export interface Mesh extends AsyncDisposable {
  readonly space: string;
  readonly port: number;
  /** Makes what is missing, and starts what does not run. */
  heal(): Promise<void>;
  /** What a user is told, and whether all is well. */
  status(): Promise<MeshStatus>;
  /** Makes a peer; the answer is its credential file. A credential lives for so many seconds, a day unless said. */
  mint(actor: Actor, lifeSeconds?: number): Promise<string>;
  setChannel(channel: string, deliveryClass: "live" | "durable"): Promise<void>;
  /** Runs the command; the answer is the result in its document. Rejects with its error. */
  order(...words: readonly string[]): Promise<Document["result"]>;
  /** The processes of a part, as they have noted themselves down. */
  processes(part: Part): Promise<readonly ProcessIdentity[]>;
  /** Sends a signal to the processes of a part; the answer is how many there were. */
  signal(part: Part, signal: Signal): Promise<number>;
  /** The process in which an agent lives. */
  holder(name: string): Promise<ProcessIdentity | undefined>;
  /** Starts a delivery daemon that waits for a lead. */
  standby(): Promise<void>;
  /** What runs and names the place of this mesh. */
  strays(): Promise<readonly string[]>;
}

export interface MeshStatus {
  readonly exitCode: number;
  /** The verdict of each check. */
  readonly checks: Readonly<Record<string, string>>;
  /** What each check goes by. */
  readonly evidence: Readonly<Record<string, string>>;
}

/** All that the command writes lies there, below the folder of a play. */
export const meshFolder = "cotal";

/** `program` is the command as it is published; everything lies below `folder`. */
export async function startMesh(program: string, folder: string): Promise<Mesh> {
  const home = join(folder, meshFolder);
  const files = join(home, "data/main");
  const { run, done, start } = commandIn({ program, folder, home });
  const heal = async (): Promise<{ readonly server: string; readonly space: string }> => {
    const words = ["up", "--detach", "--sync", "always", "--as", "host"];
    for (;;) {
      const document = await run(...words);
      if (document.error?.code !== "mesh-busy") return resultOf(words, document);
      // Another command is changing the mesh, and comes first.
      await pause(200);
    }
  };

  const processes: Readonly<Record<Part, () => Promise<readonly ProcessIdentity[]>>> = {
    broker: () => records(join(files, "broker"), /^broker.*\.json$/),
    delivery: () => records(join(files, "delivery"), /^daemon\.\d+\.json$/),
    manager: () => records(join(files, "manager"), /^manager\.json$/),
  };
  const signal: Mesh["signal"] = async (part, sent) => {
    const found = await processes[part]();
    return found.filter((one) => signalProcess(one, sent)).length;
  };
  const down = async (): Promise<void> => {
    // What stands still would not hear that it is to end.
    for (const part of ["broker", "delivery", "manager"] as const) await signal(part, "SIGCONT");
    await run("down");
    for (const part of ["manager", "delivery", "broker"] as const) await signal(part, "SIGKILL");
  };
  const { server, space } = await heal().catch(async (error: unknown) => {
    await down();
    throw error;
  });
  return {
    space,
    port: Number(new URL(server).port),
    heal: async () => void (await heal()),
    status: async () => statusIn(await run("status")),
    mint: async (actor, lifeSeconds) => (await done("mint", ...wordsOf(actor, lifeSeconds))).path,
    setChannel: async (channel, deliveryClass) =>
      void (await done("channels", "set", channel, "--class", deliveryClass)),
    order: done,
    signal,
    processes: (part) => processes[part](),
    holder: async (name) => {
      const [seat] = await read([join(files, "seats", name, "seat.json")]);
      return (seat as { readonly holder?: ProcessIdentity } | undefined)?.holder;
    },
    standby: async () => {
      const daemon = start("deliver", "--standby", "--quiet");
      const isNoted = async (): Promise<boolean> =>
        (await processes.delivery()).some(({ pid }) => pid === daemon.pid);
      while (daemon.exitCode === null && !(await isNoted())) await pause(100);
    },
    strays: () => processesNaming(home),
    [Symbol.asyncDispose]: down,
  };
}

function wordsOf({ name, role, channels }: Actor, lifeSeconds: number | undefined): readonly string[] {
  const listed = channels.join(",");
  const rights = ["--allow-subscribe", listed, "--allow-publish", listed];
  const roles = role === undefined ? [] : ["--role", role];
  const life = lifeSeconds === undefined ? [] : ["--ttl", `${lifeSeconds}s`];
  return [name, ...rights, ...roles, ...life];
}

function statusIn({ exitCode, result }: Document): MeshStatus {
  const checks: { id: string; verdict: string; evidence: string }[] = result?.checks ?? [];
  const each = (of: "verdict" | "evidence"): Record<string, string> =>
    Object.fromEntries(checks.map((check) => [check.id, check[of]]));
  return { exitCode, checks: each("verdict"), evidence: each("evidence") };
}

async function records(folder: string, name: RegExp): Promise<readonly ProcessIdentity[]> {
  const names = await readdir(folder).catch(() => []);
  return await read(names.filter((one) => name.test(one)).map((one) => join(folder, one)));
}

/** What is gone, or is not whole, is left out. */
async function read(paths: readonly string[]): Promise<readonly ProcessIdentity[]> {
  const texts = await Promise.allSettled(paths.map(async (path) => JSON.parse(await readFile(path, "utf8"))));
  return texts.flatMap((text) => (text.status === "fulfilled" ? [text.value] : []));
}

/** Where the system shows what others run with, which is Linux; elsewhere nothing is found. */
async function processesNaming(folder: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = pids.map(async (pid) => {
    const [words, env] = await Promise.all(
      ["cmdline", "environ"].map((name) => readFile(`/proc/${pid}/${name}`, "latin1").catch(() => "")),
    );
    const names = `${words}\0${env}`.includes(folder);
    return names && Number(pid) !== process.pid ? [`${pid} ${words?.replaceAll("\0", " ").trim()}`] : [];
  });
  return (await Promise.all(found)).flat();
}
