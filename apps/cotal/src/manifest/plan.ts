import { CotalError } from "@cotal/subjects";
import type { ChannelConfig } from "@cotal/wire";
import type { OptionValues } from "../option-table.ts";
import { configChange } from "../rights/channel-config.ts";
import type { Variables } from "../seat/environment.ts";
import { hasSameRights, type Seat } from "../seat/seat.ts";
import type { SpawnOrder } from "../seat/take-seat.ts";
import type { Manifest, ManifestChannel } from "./manifest.ts";

/** How the mesh is. */
export interface Standing {
  /** Of each channel what is set; `undefined` while that cannot be asked. */
  readonly channels: ReadonlyMap<string, ChannelConfig> | undefined;
  readonly agents: readonly StandingAgent[];
}

export interface StandingAgent {
  readonly seat: Seat;
  /** The variables that were given to it. */
  readonly given: Variables;
  /** `done`: it has ended by itself, and well. */
  readonly state: "running" | "done" | "ended";
}

/** One thing that is to be done so that the mesh is as the manifest has it. */
export type Step = ChannelStep | AgentStep;

export interface ChannelStep {
  readonly what: "channel";
  readonly name: string;
  readonly change: "set";
  /** The fields that differ. */
  readonly because: readonly string[];
  readonly fields: OptionValues<keyof ManifestChannel>;
}

export interface AgentStep {
  readonly what: "agent";
  readonly name: string;
  /** `respawn`: it is stopped, and started as it is to be. `rights`: it goes on with other rights. */
  readonly change: "spawn" | "start" | "respawn" | "rights";
  readonly because: readonly string[];
  readonly order: SpawnOrder;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Agents of this host of which it says nothing; they are left as they are. */
  readonly left: readonly string[];
}

/** What is to be done, channels first: agents may join them at once. */
export function planOf(manifest: Manifest, orders: readonly SpawnOrder[], standing: Standing): Plan {
  const channels = Object.entries(manifest.channels).flatMap(([name, fields]) =>
    channelStep(name, fields, standing.channels),
  );
  const agents = orders.flatMap((order) => agentStep(order, standing.agents));
  const named = new Set<string>(orders.map(({ name }) => name));
  const left = standing.agents.flatMap(({ seat: { name } }) => (named.has(name) ? [] : [name]));
  return { steps: [...channels, ...agents], left };
}

function channelStep(name: string, given: ManifestChannel, known: Standing["channels"]): ChannelStep[] {
  const fields = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as ChannelStep["fields"];
  const named = Object.keys(fields);
  if (named.length === 0) return [];
  const before = known?.get(name);
  const differs = (field: string): boolean => {
    const after = configChange({ [field]: fields[field as keyof ManifestChannel] })(before);
    return JSON.stringify(after) !== JSON.stringify(before);
  };
  const because = named.filter(differs);
  return because.length === 0 ? [] : [{ what: "channel", name, change: "set", because, fields }];
}

function agentStep(order: SpawnOrder, standing: readonly StandingAgent[]): AgentStep[] {
  const { name } = order;
  const step = (change: AgentStep["change"], because: readonly string[]): AgentStep[] => [
    { what: "agent", name, change, because, order },
  ];
  const found = standing.find(({ seat }) => seat.name === name);
  if (found === undefined) return step("spawn", []);
  const { seat, state } = found;
  if (seat.role !== order.role) throw otherRole(seat, order);
  const rights = hasSameRights(seat, order) ? [] : ["rights"];
  const rest = differences(found, order);
  if (rest.length > 0) return step("respawn", [...rights, ...rest]);
  if (state === "ended") return step("start", rights);
  return rights.length > 0 ? step("rights", rights) : [];
}

function differences({ seat, given }: StandingAgent, order: SpawnOrder): string[] {
  const pairs = {
    work: [seat.work, order.work],
    subscribe: [seat.subscribe, order.subscribe],
    cwd: [seat.cwd, order.cwd],
    restart: [seat.restart, order.restart],
    env: [sorted(given), sorted(order.environment.given)],
  };
  return Object.entries(pairs).flatMap(([name, [is, asked]]) =>
    JSON.stringify(is) === JSON.stringify(asked) ? [] : [name],
  );
}

function sorted(variables: Variables): readonly (readonly [string, string])[] {
  return Object.entries(variables).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** A role is part of who a peer is. */
function otherRole({ name, role }: Seat, order: SpawnOrder): CotalError {
  return new CotalError(
    "rights-differ",
    `${name} has the role ${role ?? "none"}, not ${order.role ?? "none"}`,
    {
      hint: `cotal rm ${name} --yes retires it for good; then it can be made anew with another role`,
      data: { name, is: role, asked: order.role },
    },
  );
}
