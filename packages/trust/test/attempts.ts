import { once } from "node:events";
import { connect as openSocket } from "node:net";
import { eventually, type SpaceBroker } from "@cotal/harness";
import { connectAuthenticator, parseCredential } from "@cotal/wire";
import { type NatsConnection, PermissionViolationError } from "@nats-io/nats-core";
import { type Minted, readJwt, type signJwt } from "../src/index.ts";

/** A subject that a pattern matches, with something in the place of its wildcards. */
export function filled(pattern: string): string {
  return pattern.replaceAll(/\*|>/g, "x");
}

export async function publishes(connection: NatsConnection, subject: string): Promise<"allowed" | "denied"> {
  const refusal = watchRefusal(connection);
  connection.publish(subject);
  await connection.flush();
  return refusal.end(subject);
}

export async function subscribes(connection: NatsConnection, subject: string): Promise<"allowed" | "denied"> {
  const refusal = watchRefusal(connection);
  const subscription = connection.subscribe(subject, { callback: () => undefined });
  await connection.flush();
  subscription.unsubscribe();
  return refusal.end(subject);
}

/** The broker refuses before it answers the ping of a flush. */
function watchRefusal(connection: NatsConnection): { end(subject: string): Promise<"allowed" | "denied"> } {
  const refused: string[] = [];
  const statuses = connection.status();
  const reading = (async () => {
    for await (const status of statuses) {
      if (status.type === "error" && status.error instanceof PermissionViolationError) {
        refused.push(status.error.subject);
      }
    }
  })();
  return {
    end: async (subject) => {
      (statuses as unknown as { stop(): void }).stop();
      await reading;
      return refused.includes(subject) ? "denied" : "allowed";
    },
  };
}

/** All error texts until the connection is closed. */
export async function statusesOf(connection: NatsConnection): Promise<string[]> {
  const texts: string[] = [];
  for await (const status of connection.status()) {
    if (status.type === "error") texts.push(status.error.message);
  }
  return texts;
}

export function userDraft(jwt: string): Parameters<typeof signJwt<"user">>[0] {
  const { name, sub: subject, nats, iat: issuedAt, exp: expiresAt } = readJwt("user", jwt);
  const { type: _, version: __, ...body } = nats;
  return { kind: "user", name, subject, body, issuedAt, expiresAt };
}

/** Connects without a client, to hear exactly what the broker says last before it closes. */
export async function rawDialogue(
  { broker }: SpaceBroker,
  { creds }: Minted,
): Promise<{ readonly ended: Promise<string> }> {
  const socket = openSocket(broker.port, "127.0.0.1");
  let heard = "";
  socket.on("data", (data) => {
    heard += data;
    if (data.includes("PING\r\n")) socket.write("PONG\r\n");
  });
  const ended = once(socket, "close").then(() => /-ERR [^\r]*/.exec(heard)?.[0] ?? "");
  await eventually(() => heard.includes("\r\n"), { what: "the broker's greeting" });
  const { nonce } = JSON.parse(heard.slice("INFO ".length, heard.indexOf("\r\n")));
  const answer = connectAuthenticator(parseCredential(creds.reveal()))(nonce);
  socket.write(
    `CONNECT ${JSON.stringify({ ...answer, verbose: false, protocol: 1, lang: "x", version: "1" })}\r\nPING\r\n`,
  );
  await eventually(() => heard.includes("PONG\r\n") || heard.includes("-ERR"), {
    what: "the broker's verdict",
  });
  return { ended };
}
