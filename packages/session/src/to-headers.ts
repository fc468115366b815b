import { headers, type MsgHdrs } from "@nats-io/nats-core";

/** Fields as the client wants them. */
export function toHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  const set = headers();
  for (const [name, value] of Object.entries(fields)) set.set(name, value);
  return set;
}
