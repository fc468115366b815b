import { isIP, isIPv6 } from "node:net";
import { isAbsolute } from "node:path";
import { CotalError, isToken, quoted } from "@cotal/subjects";
import { type LocalDurability, laptopDurability } from "./durability.ts";
import { checkExposure } from "./exposure.ts";
import { checkOperatorMode, type OperatorMode, operatorSettings } from "./operator-mode.ts";
import { renderSettings } from "./settings.ts";
import { type BrokerTls, tlsSettings } from "./tls.ts";

/** `free` lets the broker pick a port that nobody has. */
export type Port = number | "free";

export interface BrokerLimits {
  /** Memory and disk for streams. */
  readonly memoryBytes: number;
  readonly fileBytes: number;
  readonly connections: number;
  /** Of one connection. */
  readonly subscriptions: number;
  readonly payloadBytes: number;
  /** Kept for one slow connection before it is closed. */
  readonly pendingBytes: number;
}

export interface BrokerConfig {
  readonly name: string;
  /** The address it listens on. Beyond loopback it needs TLS and an operator. */
  readonly host: string;
  readonly port: Port;
  /** Of this machine only, whoever the broker itself serves. */
  readonly monitoring: Port | "off";
  /** Where config, store, log and ports file are; absolute. */
  readonly folder: string;
  readonly durability: LocalDurability;
  readonly limits: BrokerLimits;
  /** Without one, whoever reaches the broker may do everything. */
  readonly operator?: OperatorMode | undefined;
  /** With it, the broker takes no connection in the clear. */
  readonly tls?: BrokerTls | undefined;
  /** A file in the folder with further settings, in the server's own language. They hold over these. */
  readonly include?: string | undefined;
}

export interface BrokerConfigOptions extends Partial<Omit<BrokerConfig, "folder" | "limits">> {
  readonly folder: string;
  readonly limits?: Partial<BrokerLimits>;
}

const MiB = 1024 * 1024;

export const laptopLimits: BrokerLimits = {
  memoryBytes: 256 * MiB,
  fileBytes: 10 * 1024 * MiB,
  connections: 5_000,
  subscriptions: 4096,
  payloadBytes: MiB,
  pendingBytes: 64 * MiB,
};

/** What only this machine may reach. */
export const loopbackHost = "127.0.0.1";

/** Completes and checks the options once; what comes out is valid. */
export function resolveBrokerConfig(options: BrokerConfigOptions): BrokerConfig {
  const { name = "cotal", port = "free", monitoring = "off", folder, include, tls } = options;
  const { host = loopbackHost, durability = laptopDurability } = options;
  const limits = { ...laptopLimits, ...options.limits };
  check(isToken(name), "name", name, "use letters, digits, _ and -");
  check(isIP(host) !== 0 && !host.includes("%"), "host", host, "use an IP address; 0.0.0.0 stands for all");
  check(isPort(port), "port", port, 'use 1–65535 or "free"');
  check(monitoring === "off" || isPort(monitoring), "monitoring", monitoring, 'use 1–65535, "free" or "off"');
  check(isPath(folder), "folder", folder, "use an absolute path");
  for (const [option, path] of Object.entries(tls ?? {})) {
    check(path === undefined || isPath(path), option, path, "use an absolute path");
  }
  check(include === undefined || isFileName(include), "include", include, "name a file in the folder");
  for (const [limit, value] of Object.entries(limits)) {
    check(isCount(value), limit, value, "use a whole number from 1 on");
  }
  // The server refuses these combinations itself, but only once it runs.
  check(
    limits.payloadBytes <= limits.pendingBytes,
    "payloadBytes",
    limits.payloadBytes,
    "keep it below pendingBytes",
  );
  if (durability.kind === "group-commit") {
    check(isCount(durability.intervalMs), "intervalMs", durability.intervalMs, "use whole milliseconds");
  }
  const operator = options.operator && checkOperatorMode(options.operator);
  checkExposure({ host, tls: tls !== undefined, credentials: operator !== undefined });
  return { name, host, port, monitoring, folder, durability, limits, operator, tls, include };
}

export interface BrokerFiles {
  readonly config: string;
  readonly store: string;
  readonly log: string;
  /** What the server says outside its log: a refused config, a panic. */
  readonly errors: string;
}

export function brokerFiles(folder: string): BrokerFiles {
  return {
    config: `${folder}/nats-server.conf`,
    store: `${folder}/store`,
    log: `${folder}/nats-server.log`,
    errors: `${folder}/nats-server.err`,
  };
}

/** The file that nats-server reads. */
export function renderBrokerConfig(config: BrokerConfig): string {
  const { name, host, port, monitoring, folder, durability, limits, operator, tls, include } = config;
  const files = brokerFiles(folder);
  const settings = renderSettings({
    server_name: name,
    listen: address(host, port),
    ...(monitoring === "off" ? {} : { http: address(loopbackHost, monitoring) }),
    ports_file_dir: folder,
    log_file: files.log,
    logfile_size_limit: 10 * MiB,
    logfile_max_num: 5,
    max_connections: limits.connections,
    max_subscriptions: limits.subscriptions,
    max_payload: limits.payloadBytes,
    max_pending: limits.pendingBytes,
    // A CONNECT with a JWT of 48 KiB fits.
    max_control_line: 65_536,
    ping_interval: "30s",
    ping_max: 2,
    write_deadline: "10s",
    ...(operator && operatorSettings(operator, folder)),
    ...(tls && { tls: tlsSettings(tls) }),
    jetstream: {
      store_dir: files.store,
      max_memory_store: limits.memoryBytes,
      max_file_store: limits.fileBytes,
      sync_interval: durability.kind === "fsync-each" ? "always" : `${durability.intervalMs}ms`,
    },
  });
  return include === undefined ? settings : `${settings}include "${include}"\n`;
}

function address(host: string, port: Port): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port === "free" ? -1 : port}`;
}

function isPath(path: string): boolean {
  return isAbsolute(path) && !/[\0\p{Cs}]/u.test(path);
}

function isPort(port: Port): boolean {
  return port === "free" || (isCount(port) && port <= 65_535);
}

function isFileName(text: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(text);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function check(fits: boolean, option: string, value: unknown, hint: string): void {
  if (fits) return;
  throw new CotalError("bad-config", `broker option ${option} cannot be ${quoted(String(value))}`, {
    hint,
    data: { option },
  });
}
