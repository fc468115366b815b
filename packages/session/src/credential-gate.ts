import { CotalError } from "@cotal/subjects";
import { expiredCredential } from "./broker-errors.ts";
import { type Clock, withDeadline } from "./clock.ts";
import type { Credential, CredentialSource } from "./dial.ts";
import type { LinkFailure } from "./link-state.ts";

/** Stands between the source of credentials and the dial, and knows which one was dialled with. */
export interface CredentialGate {
  /** The credential of the last dial. */
  readonly used: Credential | undefined;
  /** Reads the source for the next dial. */
  read(): Promise<Credential>;
  /** Reads the source and leaves the credential in use as it is. */
  ask(signal?: AbortSignal): Promise<Credential>;
  /**
   * What the end of an epoch means. A refused credential is fatal when its source has no other one; one that is
   * past its end has expired, whatever the broker says.
   */
  judge(error: CotalError): Promise<LinkFailure>;
}

export interface CredentialGateOptions {
  readonly source: CredentialSource;
  readonly clock: Clock;
  readonly onFault: (label: string, error: unknown) => void;
}

const sourceTimeoutMs = 10_000;

export function createCredentialGate({ source, clock, onFault }: CredentialGateOptions): CredentialGate {
  let used: Credential | undefined;
  /** The mark of the one that the broker itself called expired; its clock is right. */
  let ended: string | undefined;

  const ask = (signal?: AbortSignal): Promise<Credential> =>
    withDeadline(clock, Promise.resolve().then(source), {
      timeoutMs: sourceTimeoutMs,
      ...(signal && { signal }),
      onLate: () =>
        Promise.reject(new CotalError("no-credential", "the source of credentials does not answer")),
    });

  /** Who dials with an expired credential only hears that it is refused. */
  const meaning = (error: CotalError): CotalError => {
    if (error.code === "auth-expired") ended = used?.mark;
    if (error.code !== "auth-refused" || used === undefined) return error;
    const { mark, expiresAt } = used;
    const hasEnded = mark === ended || (expiresAt !== undefined && expiresAt <= clock.now());
    return hasEnded ? expiredCredential({ data: { ...error.data, expiresAt }, cause: error }) : error;
  };

  return {
    get used() {
      return used;
    },
    read: async () => {
      used = await ask();
      return used;
    },
    ask,
    judge: async (given) => {
      const error = meaning(given);
      if (isHopeless(error)) return { fatal: true, error };
      if (error.code !== "auth-refused" && error.code !== "auth-expired") return { fatal: false, error };
      try {
        return { fatal: (await ask()).mark === used?.mark, error };
      } catch (sourceError) {
        onFault("credentials", sourceError);
        return { fatal: false, error };
      }
    },
  };
}

/** Whoever has become another, or whose place another has taken, stays so however often it dials. */
function isHopeless({ code }: CotalError): boolean {
  return code === "identity-mismatch" || code === "identity-in-use";
}
