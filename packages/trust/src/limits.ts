import { maxImports } from "./api-doors.ts";
import type { AccountLimits } from "./claims.ts";

const MiB = 1024 * 1024;
const unlimited = -1;

/** What one user may take up. */
export const perUser: { readonly subs: number; readonly data: number; readonly payload: number } = {
  subs: 1_000,
  data: unlimited,
  payload: MiB,
};

/** What a space may take up together; storage is the sum of what its streams may hold. */
export function spaceLimits(storageBytes: number): AccountLimits {
  return {
    subs: 100_000,
    data: unlimited,
    payload: MiB,
    imports: maxImports,
    exports: 0,
    wildcards: false,
    // A thousand peers, with room for the daemons, the commands, and those who come back before they are gone.
    conn: 4_000,
    leaf: 0,
    disallow_bearer: true,
    mem_storage: 256 * MiB,
    disk_storage: storageBytes,
    streams: unlimited,
    consumer: 20_000,
    max_ack_pending: unlimited,
    mem_max_stream_bytes: 0,
    disk_max_stream_bytes: 0,
    max_bytes_required: true,
  };
}

/** The system account stores nothing and is used by few. */
export const systemLimits: AccountLimits = {
  ...spaceLimits(0),
  mem_storage: 0,
  streams: 0,
  imports: 0,
  consumer: 0,
  conn: 100,
  max_bytes_required: false,
};
