import type { Session } from "@cotal/session";
import { bodyLimit } from "@cotal/wire";

/** The default of the broker, which says what it takes when it greets. */
const defaultPayload = 1024 * 1024;

/** The largest body of which a copy can be stored: its headers are longer than those of the post. */
export function maxBytesOf({ connection }: Session): number {
  return bodyLimit(connection.info?.max_payload ?? defaultPayload);
}
