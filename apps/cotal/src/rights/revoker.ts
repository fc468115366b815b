import {
  createLink,
  credentialOf,
  noFaultPoints,
  silentLog,
  systemClock,
  withDeadline,
} from "@cotal/session";
import { CotalError, inboxPrefix } from "@cotal/subjects";
import { mintSystem, type SystemRequests } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import type { RunningMesh } from "../mesh/running-mesh.ts";

/** Runs `work` over a connection to the system account, which can look up and change accounts and nothing else. */
export async function withRevoker<T>(
  { trust, dial }: RunningMesh,
  signal: AbortSignal,
  work: (system: SystemRequests) => Promise<T>,
): Promise<T> {
  const { id, creds } = mintSystem(trust, { profile: "revoker", name: "cotal" }, systemClock.now());
  const user = credentialOf(parseCredential(creds.reveal()));
  await using link = createLink({
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
    credentials: () => user,
    capabilities: [],
    dial: { ...dial, name: "cotal revoker", inboxPrefix: inboxPrefix(id) },
  });
  const done = link.start().then(({ connection }) =>
    work({
      request: async (subject, payload) =>
        (await connection.request(subject, payload, { timeout: answerMs })).string(),
    }),
  );
  return await withDeadline(systemClock, done, { timeoutMs: workMs, signal, onLate: late });
}

const answerMs = 10_000;
const workMs = 60_000;

function late(): Promise<never> {
  return Promise.reject(
    new CotalError("outcome-unknown", "the broker did not say in time whether it was revoked", {
      hint: "run the same command again: what was done already is not done twice",
    }),
  );
}
