import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type ProcessIdentity, signalProcess } from "@cotal/broker";
import type { Actor } from "./cast.ts";

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
  /** Makes a peer; the answer is its credential file. */
  mint(actor: Actor): Promise<string>;
  setChannel(channel: string, deliveryClass: "live" | "durable"): Promise<void>;
  /** Runs the command; the answer is the result in its document. Rejects with its error. */
  order(...words: readonly string[]): Promise<Document["result"]>;
  /** Sends a signal to the processes of a part; the answer is how many there were. */
  signal(part: Part, signal: Signal): Promise<number>;
}

export interface MeshStatus {
  readonly exitCode: number;
  /** The verdict of each check. */
  readonly checks: Readonly<Record<string, string>>;
}

interface Document {
  readonly ok: boolean;
  readonly exitCode: number;
  // biome-ignore lint/suspicious/noExplicitAny: each command has a form of its own
  readonly result?: any;
  readonly error?: { readonly code: string; readonly message: string };
}

/** `program` is the command as it is published; everything lies below `folder`. */
export async function startMesh(program: string, folder: string): Promise<Mesh> {
  const env = { PATH: process.env.PATH ?? "", HOME: folder, COTAL_HOME: join(folder, "cotal") };
  const files = join(env.COTAL_HOME, "data/main");
  const run = async (...words: readonly string[]): Promise<Document> => {
    const child = spawn(process.execPath, [program, ...words, "--json", "--quiet"], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => {
        said[name] += part;
      });
    }
    const [code, killedBy] = await once(child, "close");
    try {
      return JSON.parse(said.stdout);
    } catch (cause) {
      const how = `cotal ${words.join(" ")} (${killedBy ?? `exit ${code}`}) printed no document`;
      throw new Error(`${how}: ${JSON.stringify(said)}`, { cause });
    }
  };
  const done = async (...words: readonly string[]): Promise<Document["result"]> =>
    resultOf(words, await run(...words));
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
    status: async () => {
      const { exitCode, result } = await run("status");
      const checks: { id: string; verdict: string }[] = result?.checks ?? [];
      return { exitCode, checks: Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict])) };
    },
    mint: async ({ name, role, channels }) => {
      const listed = channels.join(",");
      const rights = ["--allow-subscribe", listed, "--allow-publish", listed];
      return (await done("mint", name, ...rights, ...(role === undefined ? [] : ["--role", role]))).path;
    },
    setChannel: async (channel, deliveryClass) =>
      void (await done("channels", "set", channel, "--class", deliveryClass)),
    order: done,
    signal,
    [Symbol.asyncDispose]: down,
  };
}

function resultOf(words: readonly string[], { ok, error, result }: Document): Document["result"] {
  if (ok) return result;
  throw new Error(`cotal ${words.join(" ")}: ${error?.code}: ${error?.message}`);
}

async function records(folder: string, name: RegExp): Promise<readonly ProcessIdentity[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = names.filter((one) => name.test(one)).map((one) => readFile(join(folder, one), "utf8"));
  const read = await Promise.allSettled(texts);
  return read.flatMap((text) => (text.status === "fulfilled" ? [JSON.parse(text.value)] : []));
}
