import type { RawAccess } from "../space/raw-access.ts";

export interface CopyOrder {
  readonly access: RawAccess;
  /** Its messages are read and acked through a durable consumer. */
  readonly from: { readonly stream: string; readonly consumer: string };
  /** A copy is published under each. */
  readonly to: readonly string[];
}
