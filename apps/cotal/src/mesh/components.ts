import { systemClock, withDeadline } from "@cotal/session";
import { CotalError, registryKey } from "@cotal/subjects";
import { askManager, type ManagerAnswer } from "../manager/ask-manager.ts";
import { isOfThisHost } from "../manager/holder-name.ts";
import { runningManager } from "../manager/manager-note.ts";
import { type Release, releaseIn, releaseText } from "../release.ts";
import { type Tone, toned } from "../report/line.ts";
import { type Cell, type Table, table } from "../report/table.ts";
import { askHolder } from "../seat/ask-holder.ts";
import { readSeat } from "../seat/seat.ts";
import type { SeatFacts } from "../seat/seat-facts.ts";
import { withCallSession } from "./call-session.ts";
import { type Lease, readLeases } from "./leases.ts";
import type { Mesh } from "./mesh.ts";
import type { Probed } from "./probe-mesh.ts";
import { dialOf } from "./running-mesh.ts";

/** One part by itself: its process, and what it said when it was asked now. */
export interface Component {
  readonly part: "broker" | "shard" | "delivery" | "manager" | "agent";
  /** Which of its kind. */
  readonly name?: string;
  /** `elsewhere`: of another host, where processes cannot be seen. */
  readonly process: SeatFacts["process"] | "absent" | "elsewhere";
  readonly pid?: number | undefined;
  /** `unasked`: nobody could ask it, because the broker does not answer or it has no ear. */
  readonly answers: "yes" | "no" | "unasked";
  readonly release?: Release | undefined;
  /** As the broker has it; absent where it holds none. */
  readonly lease?: Pick<Lease, "key" | "epoch" | "ready" | "since"> | undefined;
  /** In words. */
  readonly evidence: string;
}

/** Asks each part of the mesh by itself, now. */
export async function probeComponents(mesh: Mesh, probed: Probed, signal: AbortSignal): Promise<Component[]> {
  const asked = await askBroker(mesh, probed, signal);
  return [
    brokerOf(probed),
    ...shardsOf(probed, asked),
    ...daemonsOf(probed, asked),
    await managerOf(mesh, asked),
    ...(await Promise.all(probed.seats.map((seat) => agentOf(mesh, seat)))),
  ];
}

/** What only the broker can say. */
interface Asked {
  readonly leases: readonly Lease[];
  readonly manager: ManagerAnswer;
}

async function askBroker(mesh: Mesh, { broker }: Probed, signal: AbortSignal): Promise<Asked | undefined> {
  if (broker === undefined) return undefined;
  const at = { dial: dialOf(broker), profile: "operator", capabilities: ["admin"], signal } as const;
  return await withCallSession(mesh, at, async (on) => ({
    leases: await readLeases(mesh, on),
    manager: await askManager(mesh.settings.space, on),
  })).catch((error: unknown) => {
    if (error instanceof CotalError) return undefined;
    throw error;
  });
}

function brokerOf({ broker, checks }: Probed): Component {
  const evidence = checks.find(({ id }) => id === "broker")?.evidence ?? "";
  if (broker === undefined) return { part: "broker", process: "absent", answers: "no", evidence };
  return { part: "broker", process: "running", pid: broker.pid, answers: "yes", evidence };
}

function shardsOf({ delivery }: Probed, asked: Asked | undefined): Component[] {
  return (delivery?.shards ?? []).map((facts): Component => {
    const lease = asked?.leases.find(({ key }) => key === `delivery.${facts.shard}`);
    const daemon = delivery?.daemons.find(({ holder }) => holder !== undefined && holder === lease?.holder);
    return {
      part: "shard",
      name: String(facts.shard),
      process: daemon?.process ?? (lease === undefined ? "absent" : "elsewhere"),
      pid: daemon?.pid,
      answers: "holder" in facts ? "yes" : "no",
      release: "holder" in facts ? releaseIn({ ...facts }) : undefined,
      lease: shown(lease),
      evidence: `${facts.state}${facts.code === undefined ? "" : ` (${facts.code})`}, ${leaseText(lease)}`,
    };
  });
}

function daemonsOf({ delivery }: Probed, asked: Asked | undefined): Component[] {
  return (delivery?.daemons ?? []).map((daemon): Component => {
    const held = asked?.leases.filter(
      ({ holder, key }) => holder === daemon.holder && !key.startsWith("standby."),
    );
    const keys = (held ?? []).map(({ key }) => key).join(", ");
    return {
      part: "delivery",
      process: daemon.process,
      pid: daemon.pid,
      // Whoever leads a shard is asked as that.
      answers: "unasked",
      release: releaseIn({ ...daemon }),
      evidence: `${keys === "" ? "leads nothing" : `holds ${keys}`}${daemon.standby ? ", waits for what nobody leads" : ""}`,
    };
  });
}

async function managerOf({ files }: Mesh, asked: Asked | undefined): Promise<Component> {
  const note = await runningManager(files);
  const lease = asked?.leases.find(({ key }) => key === registryKey.managerLease);
  const told = asked?.manager.kind === "told" ? asked.manager.status : undefined;
  return {
    part: "manager",
    process: note === undefined ? withoutNote(lease) : "running",
    pid: note?.pid,
    answers: asked === undefined ? "unasked" : told === undefined ? "no" : "yes",
    release: told === undefined ? note && releaseIn({ ...note }) : releaseIn(told),
    lease: shown(lease),
    evidence:
      asked?.manager.kind === "silent"
        ? `${leaseText(lease)} (${asked.manager.error.code})`
        : leaseText(lease),
  };
}

/** Who was killed has given nothing up. */
function withoutNote(lease: Lease | undefined): Component["process"] {
  if (lease === undefined) return "absent";
  return isOfThisHost(lease) ? "exited" : "elsewhere";
}

/** Its process is asked at its socket: it answers also while there is no broker. */
async function agentOf({ files }: Mesh, seat: SeatFacts): Promise<Component> {
  const { name, process, pid, preset, mesh } = seat;
  const record = process === "running" || process === "starting" ? await readSeat(files, name) : undefined;
  const hello = record && askHolder(record, { op: "hello" });
  const [answer] = await Promise.allSettled([
    hello &&
      withDeadline(systemClock, hello, { timeoutMs: helloMs, onLate: () => Promise.resolve(undefined) }),
  ]);
  const said = answer.status === "fulfilled" ? answer.value : undefined;
  return {
    part: "agent",
    name,
    process,
    pid,
    answers: record === undefined ? "unasked" : said === undefined ? "no" : "yes",
    release: said?.release,
    evidence: `${preset}, ${mesh} on the mesh`,
  };
}

const helloMs = 2_000;

function shown(lease: Lease | undefined): Component["lease"] {
  if (lease === undefined) return undefined;
  const { key, epoch, ready, since } = lease;
  return { key, epoch, ready, since };
}

function leaseText(lease: Lease | undefined): string {
  if (lease === undefined) return "no lease";
  return `lease of epoch ${lease.epoch}, ${lease.ready ? "ready" : "not ready"}`;
}

const tones: Readonly<Record<Component["process"], Tone>> = {
  running: "good",
  elsewhere: "good",
  starting: "warn",
  stopped: "dim",
  absent: "bad",
  exited: "bad",
};

export function componentLines(components: readonly Component[]): Table[] {
  const rows = components.map(({ part, name, process, pid, answers, release, evidence }): Cell[] => [
    name === undefined ? part : `${part} ${name}`,
    toned(tones[process], process),
    pid === undefined ? "" : String(pid),
    toned(answers === "no" ? "bad" : "dim", answers),
    release === undefined ? "" : releaseText(release),
    evidence,
  ]);
  return table(["part", "process", "pid", "answers", "release", "what is known of it now"], rows);
}
