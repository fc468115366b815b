import { ensureQueue, type QueueConsumer, queueConsumer } from "@cotal/registries";
import {
  backoffMs,
  brokerError,
  type Capability,
  consumerInfo,
  type PumpState,
  type RetryPolicy,
  type Session,
  sleep,
} from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { Route } from "@cotal/wire";
import type { Source } from "./arrival.ts";
import type { Core, Self } from "./core.ts";
import type { SpaceViews } from "./parts.ts";
import type { StartRoute } from "./queue-route.ts";

/** A queue of this endpoint, as it is now. */
export interface QueueState {
  readonly consumer: string;
  /** Why nothing comes of it; absent when it is as it should be. */
  readonly error?: CotalError | undefined;
}

/** The queues through which direct messages and the work of the role come. */
export interface Queues extends Capability {
  readonly states: readonly QueueState[];
}

interface Queue {
  readonly source: Source;
  readonly route: Route;
  readonly consumer: QueueConsumer;
  problem: { readonly error: CotalError; readonly since: number } | undefined;
}

/** Looking again for a queue that was not there. */
const lookPolicy: RetryPolicy = {
  baseMs: 1_000,
  capMs: 30_000,
  limit: { unboundedBecause: "whoever provisions a peer may do it at any time" },
};

export interface QueuesDeps {
  readonly startRoute: StartRoute;
  readonly views: Pick<SpaceViews, "known">;
}

export function createQueues(core: Core, { startRoute, views }: QueuesDeps): Queues {
  const queues = queuesOf(core);
  /** Who only sends can do without. */
  const needed = core.mode === "peer";

  /** Something is said once, not at every look. */
  const note = (queue: Queue, error: CotalError | undefined): void => {
    const known = queue.problem?.error.code;
    if (error?.code === known) return;
    queue.problem = error && { error, since: core.clock.now() };
    if (error && needed) core.fault("queues", error);
  };

  const look = async (session: Session, queue: Queue): Promise<boolean> => {
    note(queue, await problemNow(core, session, queue));
    return queue.problem === undefined;
  };

  const serve = (session: Session, queue: Queue): void => {
    const { source, route, consumer } = queue;
    const consumerName = consumer.config.name;
    startRoute(session, {
      stream: consumer.stream,
      consumer: consumerName,
      route,
      source,
      onMissing: async () => void (await look(session, queue)),
      onState: (state) => note(queue, problemOf(state, { consumer: consumerName, self: core.self })),
    });
  };

  const bind = async (session: Session, queue: Queue): Promise<void> => {
    const asked = problemNow(core, session, queue);
    await views.known(session);
    note(queue, await asked);
    if (!queue.problem) return serve(session, queue);
    session.scope.spawn(`queue ${queue.consumer.config.name}`, async (signal) => {
      for (let attempt = 1; ; attempt++) {
        await sleep(core.clock, backoffMs(lookPolicy, attempt, Math.random()), signal);
        if (await look(session, queue)) return serve(session, queue);
      }
    });
  };

  return {
    name: "queues",
    required: false,
    attach: async (session) => {
      await Promise.all(queues.map((queue) => bind(session, queue)));
    },
    health: () => {
      const problem = needed ? queues.find((queue) => queue.problem)?.problem : undefined;
      if (!problem) return { kind: "ok" };
      return { kind: "degraded", code: problem.error.code, since: problem.since };
    },
    get states() {
      return queues.map(({ consumer, problem }) => ({
        consumer: consumer.config.name,
        error: problem?.error,
      }));
    },
  };
}

/** Who watches takes from no queue, nor who is beside the peer, and who only sends takes no work. */
function queuesOf({ space, self: { id, role }, mode }: Core): readonly Queue[] {
  if (mode === "observer" || mode === "beside") return [];
  const direct: Queue = {
    source: "dm",
    route: { kind: "dm", space, owner: id },
    consumer: queueConsumer.dm(space, id),
    problem: undefined,
  };
  if (mode === "sender" || role === undefined) return [direct];
  const work: Queue = {
    source: "anycast",
    route: { kind: "anycast", space, role },
    consumer: queueConsumer.role(space, role),
    problem: undefined,
  };
  return [direct, work];
}

/** What is wrong with a queue, by the word of the broker. */
async function problemNow(
  core: Core,
  session: Session,
  { consumer }: Queue,
): Promise<CotalError | undefined> {
  const { stream, config } = consumer;
  try {
    if (core.open) await ensureQueue(session, consumer);
    else await consumerInfo(session, stream, config.name);
    return undefined;
  } catch (error) {
    return explain(error, { consumer: config.name, self: core.self });
  }
}

interface Subject {
  readonly consumer: string;
  readonly self: Self;
}

function problemOf(state: PumpState, of: Subject): CotalError | undefined {
  return state.kind === "waiting" ? explain(state.error, of) : undefined;
}

function explain(cause: unknown, { consumer, self: { name, role } }: Subject): CotalError {
  const error = brokerError(cause);
  if (error.code !== "consumer-missing" && error.code !== "stream-missing") return error;
  const command = `cotal mint ${name}${role === undefined ? "" : ` --role ${role}`}`;
  return new CotalError("not-provisioned", `the queue ${consumer} of this peer does not exist`, {
    hint: `ask the operator to provision ${name}: ${command}`,
    data: { consumer },
    cause,
  });
}
