import { existsSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import {
  type Broker,
  type BrokerBinary,
  type BrokerLimits,
  type LocalDurability,
  locateBroker,
  type OperatorMode,
  signalProcess,
  startBroker,
} from "@cotal/broker";
import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import {
  type CertificateFiles,
  createAuthority,
  type IssueOptions,
  writeCertificate,
} from "./certificates.ts";
import { trackConnections } from "./connections.ts";
import { eventually } from "./eventually.ts";
import { guardedFolder } from "./guard.ts";
import { askMonitor, type Connz, type Jsz, type Varz } from "./monitor.ts";
import { reservePort } from "./reserved-port.ts";

export interface TestBrokerOptions {
  /** `memory` puts the folder on a RAM disk where the system has one. */
  readonly store?: "file" | "memory";
  readonly durability?: LocalDurability;
  readonly limits?: Partial<BrokerLimits>;
  /** With one, `connect` needs a credential. */
  readonly operator?: OperatorMode;
  /** With a certificate of an authority of its own, for 127.0.0.1 and localhost unless it says otherwise. */
  readonly tls?: true | IssueOptions;
  /** Further settings in the server's own language; they hold over the others. */
  readonly extraConfig?: string;
}

/** A real broker with a port and a folder of its own. It ends with the fixture or with this process. */
export interface TestBroker extends AsyncDisposable {
  /** The same over restarts. */
  readonly url: string;
  readonly port: number;
  /** The authority of its certificate, in PEM. */
  readonly ca: string | undefined;
  readonly monitorUrl: string;
  readonly folder: string;
  /** Of the process that runs now or ran last. */
  readonly pid: number;
  /** SIGKILL; resolves once it is gone. Its port stays reserved. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** On the same port and folder; starts it when it is down. */
  restart(): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing. Resolves once it stands still. */
  pause(): Promise<void>;
  resume(): void;
  /** Makes it read its config again; resolves once it has. */
  reload(): Promise<void>;
  connz(): Promise<Connz>;
  jsz(): Promise<Jsz>;
  /** A raw connection, closed with the fixture. */
  connect(options?: ConnectionOptions): Promise<NatsConnection>;
}

export async function withBroker<T>(
  options: TestBrokerOptions,
  use: (broker: TestBroker) => Promise<T>,
): Promise<T> {
  await using broker = await startTestBroker(options);
  return await use(broker);
}

export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { store = "file", extraConfig = "", tls, ...config } = options;
  const guarded = await guardedFolder(store === "memory" && existsSync("/dev/shm") ? "/dev/shm" : undefined);
  const include = "extra.conf";
  await writeFile(`${guarded.path}/${include}`, extraConfig);
  const secured = tls && (await securedWith(tls === true ? {} : tls, guarded.path));
  const start = async (port?: number, monitoring?: number): Promise<Broker> =>
    await startBroker({
      ...config,
      ...(secured && { tls: secured.files }),
      binary: await pinnedBinary(),
      folder: guarded.path,
      include,
      port: port ?? "free",
      monitoring: monitoring ?? "free",
    });
  const first = await start().catch(async (error: unknown) => {
    await guarded[Symbol.asyncDispose]();
    throw error;
  });
  return fixtureOf(first, { start, guarded, ca: secured?.ca });
}

async function securedWith(
  options: IssueOptions,
  folder: string,
): Promise<{ readonly ca: string; readonly files: CertificateFiles }> {
  const { ca, issue } = await createAuthority();
  return { ca, files: await writeCertificate(await issue(options), `${folder}/tls`) };
}

interface FixtureParts {
  readonly start: (port: number, monitoring: number) => Promise<Broker>;
  readonly guarded: AsyncDisposable;
  readonly ca: string | undefined;
}

function fixtureOf(first: Broker, { start, guarded, ca }: FixtureParts): TestBroker {
  const { url, port, folder, monitorUrl = "" } = first;
  const monitorPort = Number(new URL(monitorUrl).port);
  const connections = trackConnections();
  let broker = first;
  let reserved: AsyncDisposable[] = [];

  const down = async (end: () => Promise<unknown>): Promise<void> => {
    await end();
    if (reserved.length === 0) reserved = [await reservePort(port), await reservePort(monitorPort)];
  };
  const release = async (): Promise<void> => {
    for (const hold of reserved) await hold[Symbol.asyncDispose]();
    reserved = [];
  };
  const kill = async (): Promise<void> => {
    signalProcess(broker, "SIGKILL");
    await broker.exited();
  };
  const ask = <Page>(path: string): Promise<Page> => askMonitor<Page>(monitorUrl, path);

  return {
    url,
    port,
    ca,
    monitorUrl,
    folder,
    get pid() {
      return broker.pid;
    },
    kill: () => down(kill),
    stop: () => down(() => broker.stop()),
    restart: async () => {
      await down(() => broker.stop());
      await release();
      broker = await start(port, monitorPort);
    },
    pause: async () => {
      broker.signal("SIGSTOP");
      await eventually(() => standsStill(broker.pid), { what: "the broker's standstill" });
    },
    resume: () => broker.signal("SIGCONT"),
    reload: async () => {
      const before = await ask<Varz>("/varz");
      broker.signal("SIGHUP");
      await eventually(async () => (await ask<Varz>("/varz")).config_load_time !== before.config_load_time, {
        what: "the reload of the broker's config",
      });
    },
    connz: () => ask<Connz>("/connz?limit=100000"),
    jsz: () => ask<Jsz>("/jsz?accounts=true&streams=true&consumers=true"),
    connect: (options) => connections.open(url, { ...(ca !== undefined && { tls: { ca } }), ...options }),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await connections[Symbol.asyncDispose]();
      await release();
      await guarded[Symbol.asyncDispose]();
    },
  };
}

/** Whether each of its threads is stopped; only Linux tells, elsewhere it is taken for granted. */
function standsStill(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((task) => /\) [Tt] /.test(readFileSync(`${tasks}/${task}/stat`, "utf8")));
}

let pinned: Promise<BrokerBinary> | undefined;

function pinnedBinary(): Promise<BrokerBinary> {
  pinned ??= locateBroker({
    first: "shipped",
    searchPath: process.env.PATH,
    beside: [import.meta.dirname],
  });
  return pinned;
}
