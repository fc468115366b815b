import { randomUUID } from "node:crypto";
import { requestApi, type Session } from "@cotal/session";
import {
  CotalError,
  consumerName,
  formatPattern,
  type OwnerId,
  streamName,
  type Token,
} from "@cotal/subjects";

/** A durable consumer through which messages are taken as work; the fields have the broker's names and units. */
export interface QueueConsumer {
  readonly stream: string;
  readonly config: {
    readonly name: string;
    readonly durable_name: string;
    readonly filter_subject: string;
    readonly deliver_policy: "all";
    readonly ack_policy: "explicit";
    readonly ack_wait: number;
    readonly max_deliver: number;
    readonly max_ack_pending: number;
  };
}

export const queueAckWaitMs = 60_000;

/** The queues of peers. In an open space each peer makes its own; else they are made for it. */
export const queueConsumer = {
  dm: (space: Token, id: OwnerId): QueueConsumer =>
    queue(
      streamName.dm(space),
      consumerName.dm(id),
      formatPattern({ kind: "inst", space, target: id, sender: "*" }),
    ),
  /** One for all instances of a role, which share its work. */
  role: (space: Token, role: Token): QueueConsumer =>
    queue(
      streamName.task(space),
      consumerName.role(role),
      formatPattern({ kind: "svc", space, role, sender: "*" }),
    ),
} as const;

function queue(stream: string, name: string, filter: string): QueueConsumer {
  return {
    stream,
    config: {
      name,
      durable_name: name,
      filter_subject: filter,
      deliver_policy: "all",
      ack_policy: "explicit",
      ack_wait: queueAckWaitMs * 1e6,
      max_deliver: -1,
      max_ack_pending: 1_000,
    },
  };
}

/** Makes a queue, or gives one that is there the right settings. What waits in it stays. */
export async function ensureQueue(session: Session, queue: QueueConsumer): Promise<void> {
  await create(session, queue, { action: "" });
}

/** As `ensureQueue`; the answer is whether it was this call that made it. */
export async function makeQueue(session: Session, queue: QueueConsumer): Promise<boolean> {
  try {
    // A mark of its own makes it differ from whatever is there, which the broker then refuses to make.
    await create(session, queue, { action: "create", metadata: { made: randomUUID() } });
    return true;
  } catch (error) {
    if (!(error instanceof CotalError && error.code === "consumer-exists")) throw error;
    await ensureQueue(session, queue);
    return false;
  }
}

interface Creation {
  /** `create` refuses to change one that is there. */
  readonly action: "create" | "";
  readonly metadata?: Readonly<Record<string, string>>;
}

async function create(
  session: Session,
  { stream, config }: QueueConsumer,
  { action, metadata }: Creation,
): Promise<void> {
  await requestApi(session, `CONSUMER.CREATE.${stream}.${config.name}.${config.filter_subject}`, {
    stream_name: stream,
    config: { ...config, ...(metadata && { metadata }) },
    action,
  });
}
