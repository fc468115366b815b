import {
  createLink,
  credentialOf,
  type DialOptions,
  noCredential,
  noFaultPoints,
  type Session,
  silentLog,
  systemClock,
  withDeadline,
} from "@cotal/session";
import { CotalError, inboxPrefix, type OwnerId } from "@cotal/subjects";
import { type Capability, mint, type Profile } from "@cotal/trust";
import { type KeyPair, parseCredential } from "@cotal/wire";
import type { Mesh } from "./mesh.ts";

/** One piece of work on the broker, under a credential that was minted for it. */
export interface CallSession {
  /** Where the broker is. */
  readonly dial: Pick<DialOptions, "servers" | "tls">;
  /** What it may do. */
  readonly profile: Extract<Profile, "setup" | "provisioner" | "probe" | "operator">;
  /** The services that an operator asks beside those of its profile. */
  readonly capabilities?: readonly Capability[];
  readonly signal: AbortSignal;
}

export interface CallGround {
  readonly session: Session;
  /** Whom the credential was minted for. */
  readonly id: OwnerId;
  readonly keys: KeyPair;
}

/** Runs `work` on a session that is gone when it has ended. An open broker asks for no credential. */
export async function withCallSession<T>(
  mesh: Mesh,
  { dial, profile, capabilities = [], signal }: CallSession,
  work: (on: CallGround) => Promise<T>,
): Promise<T> {
  const { id, creds, apiRoot } = mint(
    mesh.space,
    { profile, name: "cotal", lifeMs, ...(capabilities.length > 0 && { capabilities }) },
    systemClock.now(),
  );
  const { keys, ...proof } = parseCredential(creds.reveal());
  const user = credentialOf({ keys, ...proof });
  await using link = createLink({
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
    credentials: mesh.settings.mode === "open" ? noCredential : () => user,
    capabilities: [],
    dial: {
      ...dial,
      name: `cotal ${profile}`,
      inboxPrefix: inboxPrefix(id),
      ...(mesh.settings.mode === "auth" && { apiRoot: apiRoot.reveal() }),
    },
  });
  const done = link.start().then((session) => work({ session, id, keys }));
  // What is still asked when somebody interrupts ends with the link.
  return await withDeadline(systemClock, done, { timeoutMs: workTimeoutMs, signal, onLate: late });
}

const workTimeoutMs = 120_000;
const lifeMs = 5 * 60_000;

function late(): Promise<never> {
  const hint = "see cotal status; what is missing is made by the next cotal up";
  return Promise.reject(new CotalError("outcome-unknown", "the broker did not answer in time", { hint }));
}
