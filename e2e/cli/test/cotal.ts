import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProcessIdentity, readBrokerRecord, signalProcess } from "@cotal/broker";
import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import { eventually, guardedFolder } from "@cotal/harness";
import { inject } from "vitest";

/** How the command is started: as it is published. */
export const program: readonly string[] = [inject("program")];

/** From its sources, as `pnpm cotal` does. */
export const programFromSource: readonly string[] = [
  "--conditions",
  "cotal-source",
  "--import",
  import.meta.resolve("tsx"),
  fileURLToPath(new URL("../../../apps/cotal/src/bin.ts", import.meta.url)),
];

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one document that `--json` prints. */
  json(): Document;
}

export interface Document {
  readonly v: number;
  readonly command: string;
  readonly ok: boolean;
  readonly exitCode: number;
  // biome-ignore lint/suspicious/noExplicitAny: each command has a form of its own
  readonly result?: any;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly data: object;
  };
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Put before the program. */
  readonly nodeArgs?: readonly string[];
  /** As it is published, unless given. */
  readonly program?: readonly string[];
  /** What it reads; nothing unless given. `open`: an input that the test writes to and ends. */
  readonly stdin?: string | Uint8Array | { readonly open: true };
}

/** A call of the command that goes on. */
export interface Started {
  readonly child: ChildProcess;
  /** Waits until it has written this. */
  says(text: string): Promise<void>;
  finished(): Promise<Finished>;
}

/** A user of an own machine, as it were: a home folder, a folder to stand in, and the command. */
export interface TestUser extends AsyncDisposable {
  readonly folder: string;
  /** Where the user's mesh lies. */
  readonly mesh: string;
  readonly env: Readonly<Record<string, string>>;
  /** What runs in another mesh of this user ends with the fixture too. */
  alsoIn(mesh: string): void;
  run(args: readonly string[], options?: CallOptions): Promise<Finished>;
  start(args: readonly string[], options?: CallOptions): Started;
  /** The pid of the broker that runs, if one does. */
  brokerPid(): Promise<number | undefined>;
  /** The delivery daemons that have noted themselves down. */
  daemons(): Promise<ProcessIdentity[]>;
  /** The manager, as it has noted itself down. */
  manager(): Promise<ProcessIdentity | undefined>;
  /** The process of an agent, as its record has it. */
  holder(name: string): Promise<ProcessIdentity | undefined>;
  /** Every secret that lies in the folder. */
  secrets(): Promise<string[]>;
  /** The peer of this name, in the hands of the test, by the credential that lies with the mesh. */
  be(name: string, more?: Partial<EndpointOptions>): Promise<Endpoint>;
}

/** Whatever it starts ends with the fixture, or with this process. */
export async function testUser(): Promise<TestUser> {
  const guarded = await guardedFolder();
  const folder = guarded.path;
  const mesh = join(folder, "cotal/data/main");
  const env = { PATH: process.env.PATH ?? "", HOME: join(folder, "home"), COTAL_HOME: join(folder, "cotal") };
  await mkdir(env.HOME);
  const running = new Set<ChildProcess>();
  const meshes = [mesh];
  const start = (args: readonly string[], options: CallOptions = {}): Started => {
    const child = spawn(
      process.execPath,
      [...(options.nodeArgs ?? []), ...(options.program ?? program), ...args],
      {
        cwd: options.cwd ?? folder,
        env: { ...env, ...options.env },
        stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      },
    );
    const { stdin } = options;
    child.stdin?.on("error", () => child.stdin?.destroy());
    if (typeof stdin === "string" || stdin instanceof Uint8Array) child.stdin?.end(stdin);
    running.add(child);
    child.once("close", () => running.delete(child));
    return startedOf(child);
  };
  return {
    folder,
    mesh,
    env,
    start,
    alsoIn: (other) => void meshes.push(other),
    run: (args, options) => start(args, options).finished(),
    brokerPid: async () => {
      const state = await readBrokerRecord(join(mesh, "broker"));
      return state.kind === "running" ? state.record.pid : undefined;
    },
    daemons: () => daemonRecords(mesh),
    manager: () => managerRecord(mesh),
    holder: async (name) => (await seatRecord(mesh, name)).holder,
    secrets: () => secretsIn(mesh),
    be: async (name, more = {}) => {
      const { result } = (await start(["status", "--json"]).finished()).json();
      return await connectEndpoint({
        space: result.space,
        servers: result.server,
        auth: { kind: "file", path: join(mesh, "peers", `${name}.creds`) },
        card: { name },
        ...more,
      });
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of running) child.kill("SIGKILL");
      for (const each of meshes) await killIn(each);
      await guarded[Symbol.asyncDispose]();
    },
  };
}

async function killIn(mesh: string): Promise<void> {
  // It comes first: it would start again what is killed.
  const manager = await managerRecord(mesh);
  if (manager !== undefined) signalProcess(manager, "SIGKILL");
  for (const daemon of await daemonRecords(mesh)) signalProcess(daemon, "SIGKILL");
  const names = await readdir(join(mesh, "seats")).catch(() => []);
  for (const name of names) {
    const { holder } = await seatRecord(mesh, name);
    if (holder !== undefined) signalProcess(holder, "SIGKILL");
    for (const child of await childRecords(mesh, name)) signalProcess(child, "SIGKILL");
  }
}

function startedOf(child: ChildProcess): Started {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (part: string) => {
      texts[name] += part;
    });
  }
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    child,
    says: async (text) => {
      await eventually(() => (texts.stdout + texts.stderr).includes(text), { what: `the words "${text}"` });
    },
    finished: async () => {
      const code = await closed;
      return { code, ...texts, json: () => documentIn(texts.stdout) };
    },
  };
}

/** Refuses anything but one document on one line. */
function documentIn(stdout: string): Document {
  const lines = stdout.split("\n");
  if (lines.length !== 2 || lines[1] !== "") throw new Error(`not one line: ${JSON.stringify(stdout)}`);
  return JSON.parse(lines[0] ?? "") as Document;
}

async function seatRecord(mesh: string, name: string): Promise<{ readonly holder?: ProcessIdentity }> {
  const text = await readFile(join(mesh, "seats", name, "seat.json"), "utf8").catch(() => "{}");
  return JSON.parse(text);
}

async function managerRecord(mesh: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(join(mesh, "manager", "manager.json"), "utf8").catch(() => "");
  return text === "" ? undefined : JSON.parse(text);
}

/** Processes below the holder of an agent. */
async function childRecords(mesh: string, name: string): Promise<readonly ProcessIdentity[]> {
  const text = await readFile(join(mesh, "seats", name, "state.json"), "utf8").catch(() => "{}");
  return JSON.parse(text).children ?? [];
}

async function daemonRecords(mesh: string): Promise<ProcessIdentity[]> {
  const folder = join(mesh, "delivery");
  const names = await readdir(folder).catch(() => []);
  const records = names.filter((name) => /^daemon\.\d+\.json$/.test(name));
  return await Promise.all(
    records.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8"))),
  );
}

async function secretsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(seed|creds|new)$/.test(entry.name));
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
  return texts.flatMap((text) => text.match(/\bS[UAO][A-Z2-7]{56}\b/g) ?? []);
}
