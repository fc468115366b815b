import { CotalError, formatPattern, type OwnerId, type Token } from "@cotal/subjects";
import { type ControlReply, type ControlRequest, type Policy, verifyRequest } from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { createAnswered } from "./answered.ts";
import type { Clock } from "./clock.ts";
import { createGate } from "./gate.ts";
import { errorFields, type Log } from "./log.ts";
import type { Capability, Health, Session } from "./session.ts";
import { subscribe } from "./subscribe.ts";

/** Carries out one operation. `sender` is who asks, as the broker vouches for it. */
export type Operation = (
  args: unknown,
  call: { readonly sender: OwnerId; readonly id: string },
) => Promise<unknown>;

export interface ResponderOptions {
  readonly space: Token;
  readonly service: Token;
  /** Whether questions must be signed. */
  readonly policy: Policy;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly clock: Clock;
  readonly log: Log;
  /** How many questions are worked on at once, and how many more may wait. */
  readonly concurrency?: number;
  readonly backlog?: number;
}

/** A service of control requests. What it has answered it remembers across connections. */
export interface Responder extends Capability {
  /** Questions that were neither carried out nor answered, by reason. */
  readonly dropped: Readonly<Record<"malformed-subject" | "wrong-route" | "foreign-reply", number>>;
}

const rememberMs = 120_000;
const perAsker = 1_000;

type DropReason = keyof Responder["dropped"];

function isDropReason(reason: string): reason is DropReason {
  return reason === "malformed-subject" || reason === "wrong-route" || reason === "foreign-reply";
}

interface Question {
  readonly request: ControlRequest;
  readonly sender: OwnerId;
}

export function createResponder(options: ResponderOptions): Responder {
  const { space, service, policy, operations, clock, log, concurrency = 16, backlog = 1_000 } = options;
  const answered = createAnswered({ clock, rememberMs, perAsker });
  const gate = createGate({ concurrency, backlog });
  const dropped = { "malformed-subject": 0, "wrong-route": 0, "foreign-reply": 0 };
  let health: Health = down("not-bound", clock);

  const answer = ({ request, sender }: Question): Promise<Uint8Array> => {
    const work = (): Promise<Uint8Array> => gate.run(() => carryOut(operations, request, sender, log));
    return answered.once(sender, request.id, work).catch((error) => encode(failureOf(error, log)));
  };

  const receive = ({ connection }: Session, { subject, reply, headers, data }: Msg): void => {
    const send = (bytes: Uint8Array): void => {
      if (!connection.isClosed())
        connection.publish(reply ?? "", fitting(bytes, connection.info?.max_payload));
    };
    const question = verifyRequest({
      subject,
      reply,
      headers,
      bytes: data,
      route: { space, service },
      policy,
    });
    if (question.verdict === "ok") {
      void answer(question).then(send);
    } else if (isDropReason(question.reason)) {
      dropped[question.reason]++;
      log({ level: "warn", event: "responder.dropped", fields: { service, reason: question.reason } });
    } else {
      send(encode(failure("bad-request", `the question is refused: ${question.reason}`)));
    }
  };

  return {
    name: `serve ${service}`,
    required: true,
    dropped,
    attach: async (session) => {
      await subscribe(session, {
        subject: formatPattern({ kind: "ctl", space, service, sender: "*" }),
        queue: service,
        onMessage: (message) => receive(session, message),
        onRefused: (error) => {
          health = down(error.code, clock);
        },
      });
      health = { kind: "ok" };
      session.scope.defer(() => {
        health = down("not-bound", clock);
      });
    },
    health: () => health,
  };
}

async function carryOut(
  operations: Readonly<Record<string, Operation>>,
  { op, args, id }: ControlRequest,
  sender: OwnerId,
  log: Log,
): Promise<Uint8Array> {
  const operation = Object.hasOwn(operations, op) ? operations[op] : undefined;
  if (!operation) {
    return encode(
      failure("unknown-op", `there is no operation ${op}`, `known: ${Object.keys(operations).join(", ")}`),
    );
  }
  try {
    const data = await operation(args, { sender, id });
    return encode({ v: 1, ok: true, ...(data !== undefined && { data }) });
  } catch (error) {
    return encode(failureOf(error, log));
  }
}

/** What is not a coded error is a defect: its text stays in the log. */
function failureOf(error: unknown, log: Log): ControlReply {
  if (error instanceof CotalError) return failure(error.code, error.message, error.hint);
  log({ level: "error", event: "responder.defect", fields: errorFields(error) });
  return failure("internal", "the service failed; its log says why");
}

function failure(code: string, message: string, hint?: string): ControlReply {
  return { v: 1, ok: false, error: { code, message, ...(hint !== undefined && { hint }) } };
}

const encoder = new TextEncoder();

function encode(reply: ControlReply): Uint8Array {
  return encoder.encode(JSON.stringify(reply));
}

function fitting(reply: Uint8Array, maxBytes: number | undefined): Uint8Array {
  if (maxBytes === undefined || reply.byteLength <= maxBytes) return reply;
  return encode(
    failure("too-large", `the answer has ${reply.byteLength} bytes, the broker takes ${maxBytes}`),
  );
}

function down(code: string, clock: Clock): Health {
  return { kind: "down", code, since: clock.now() };
}
