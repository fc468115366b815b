import { connect } from "node:net";
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { createConsumer, readAnswer, requestApi } from "../src/js-api.ts";
import type { Session } from "../src/session.ts";

/** What a real broker said, and the code it became. */
export interface Captured {
  readonly protocol: readonly {
    readonly provocation: string;
    readonly text: string;
    readonly code: string;
  }[];
  readonly api: readonly { readonly provocation: string; readonly errCode: number; readonly code: string }[];
}

/** The configuration under which each of these is refused. */
export const touchyConfig = `
max_connections: 3
max_subscriptions: 2
max_payload: 1024
max_pending: 2048
max_control_line: 512
ping_interval: "300ms"
ping_max: 1
authorization {
  timeout: 0.5
  users: [
    { user: all, password: all }
    { user: few, password: few, permissions: { publish: ["ok.>"], subscribe: ["ok.>"] } }
  ]
}
`;

const greet = (user: string): string => `CONNECT {"user":"${user}","pass":"${user}","verbose":false}`;

/** Lines that make a broker refuse, by name. */
export const protocolProvocations: Readonly<Record<string, readonly string[]>> = {
  "wrong password": [greet("nobody"), "PING"],
  "silence instead of a greeting": [],
  "pings left unanswered": [greet("all"), "PING"],
  "forbidden subscription": [greet("few"), "SUB no.x 1", "PING"],
  "forbidden queue subscription": [greet("few"), "SUB no.x q 1", "PING"],
  "forbidden publish": [greet("few"), "PUB no.x 1", "a", "PING"],
  "one subscription too many": [greet("all"), "SUB x 1", "SUB y 2", "SUB z 3", "PING"],
  "body over the limit": [greet("all"), "PUB x 2000", "x".repeat(2_000), "PING"],
  "line over the limit": [greet("all"), `SUB ${"x".repeat(600)} 1`, "PING"],
  "unknown verb": [greet("all"), "HELLO", "PING"],
};

/** Speaks to the broker and gives its first refusal. */
export function firstRefusal(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1");
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`no refusal in ${JSON.stringify(heard)}`)));
    socket.on("data", (chunk) => {
      heard += chunk.toString();
      const refusal = /-ERR '(.*)'/.exec(heard)?.[1];
      if (refusal === undefined) return;
      resolve(refusal);
      socket.destroy();
    });
    for (const line of lines) socket.write(`${line}\r\n`);
  });
}

type ApiProvocation = (session: Session) => Promise<unknown>;

/** Requests that JetStream refuses, by name, given the stream `S` with one message and room for no other. */
export const apiProvocations: Readonly<Record<string, ApiProvocation>> = {
  "information on a missing stream": (session) => requestApi(session, "STREAM.INFO.NONE"),
  "information on a missing consumer": (session) => requestApi(session, "CONSUMER.INFO.S.none"),
  "a missing message": (session) => requestApi(session, "STREAM.MSG.GET.S", { seq: 99 }),
  "a stale fence": (session) => post(session, "x", fence(99)),
  "a post to a full stream": (session) => post(session, "x"),
  "a post over the stream's size": (session) => post(session, "x".repeat(200)),
  "another consumer of the same name": async (session) => {
    const spec = { name: "taken", deliver_policy: "all", ack_policy: "explicit" } as const;
    await createConsumer(session, "S", spec);
    const config = { ...spec, deliver_policy: "new" };
    await requestApi(session, "CONSUMER.CREATE.S.taken", { stream_name: "S", config, action: "create" });
  },
  "a stream larger than the storage": (session) =>
    requestApi(session, "STREAM.CREATE.BIG", {
      name: "BIG",
      subjects: ["big"],
      storage: "file",
      max_bytes: 2 ** 50,
    }),
};

async function post(session: Session, body: string, set: MsgHdrs = headers()): Promise<void> {
  const { data } = await session.connection.request("S.a", body, { headers: set, timeout: 10_000 });
  readAnswer(data);
}

function fence(sequence: number): MsgHdrs {
  const set = headers();
  set.set("Nats-Expected-Last-Sequence", String(sequence));
  return set;
}
