import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "./eventually.ts";
import type { TestBroker } from "./test-broker.ts";

export interface LeakCheck {
  /** Waits until no more is open than at the snapshot; else fails with a list of what is left. */
  assertClean(options?: { readonly timeoutMs?: number }): Promise<void>;
}

export interface LeakCheckOptions {
  /** What may be left, by its description, such as `consumer acme DM_acme dm_U…`. */
  readonly mayStay?: (thing: string) => boolean;
}

/** How many there are of each thing, by its description. */
type Census = ReadonlyMap<string, number>;

/** Remembers the connections, streams and consumers of the broker and what holds this process open. */
export async function leakCheck(
  broker: TestBroker,
  { mayStay = () => false }: LeakCheckOptions = {},
): Promise<LeakCheck> {
  const before = await quietCensus(broker);
  return {
    assertClean: async ({ timeoutMs = 15_000 } = {}) => {
      await eventually(
        async () => {
          const left = surplus(before, await takeCensus(broker), mayStay);
          if (left.length > 0) throw new Error(`left open: ${left.join("; ")}`);
        },
        { timeoutMs, what: "cleaning up" },
      );
    },
  };
}

/** The least of several looks: what comes and goes by itself, such as a runner's timers, hides no leak. */
async function quietCensus(broker: TestBroker): Promise<Census> {
  const looks: Census[] = [];
  for (let look = 0; look < 5; look++) {
    looks.push(await takeCensus(broker));
    await pause(50, undefined, { ref: false });
  }
  const [first = new Map<string, number>(), ...others] = looks;
  const least = (thing: string, number: number): number =>
    Math.min(number, ...others.map((census) => census.get(thing) ?? 0));
  return new Map([...first].map(([thing, number]) => [thing, least(thing, number)]));
}

async function takeCensus(broker: TestBroker): Promise<Census> {
  const handles = process.getActiveResourcesInfo().map((type) => `handle ${type}`);
  const [{ connections }, { account_details = [] }] = await Promise.all([broker.connz(), broker.jsz()]);
  const census = count(handles);
  for (const { name = "without a name", subscriptions } of connections) {
    add(census, `connection ${name}`, 1);
    add(census, `subscription of ${name}`, subscriptions);
  }
  for (const account of account_details) {
    for (const { name: stream, consumer_detail = [] } of account.stream_detail ?? []) {
      add(census, `stream ${account.name} ${stream}`, 1);
      for (const { name } of consumer_detail) add(census, `consumer ${account.name} ${stream} ${name}`, 1);
    }
  }
  return census;
}

function count(things: readonly string[]): Map<string, number> {
  const census = new Map<string, number>();
  for (const thing of things) add(census, thing, 1);
  return census;
}

function add(census: Map<string, number>, thing: string, number: number): void {
  census.set(thing, (census.get(thing) ?? 0) + number);
}

function surplus(before: Census, now: Census, mayStay: (thing: string) => boolean): string[] {
  return [...now].flatMap(([thing, number]) => {
    const more = number - (before.get(thing) ?? 0);
    return more > 0 && !mayStay(thing) ? [`${more} × ${thing}`] : [];
  });
}
