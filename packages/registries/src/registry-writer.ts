import { brokerError, type Session, store } from "@cotal/session";
import { CotalError, ingestKeySubject, keySubject, streamName, type Token } from "@cotal/subjects";
import type { Expected, WriteOutcome } from "./cas-registry.ts";
import { encodeRecord, type RegistryDefinition, requireKey } from "./definition.ts";

export interface WriterOptions {
  readonly space: Token;
  /** The ingest secret of the registry; presence alone has none. */
  readonly secret?: Token;
}

/** Writes a registry over whichever session it is given. */
export interface RegistryWriter<T> {
  readonly definition: RegistryDefinition<T>;
  /** Rejects with `not-allowed`, and with `outcome-unknown` when no answer came. */
  put(session: Session, key: string, value: T, expected?: Expected): Promise<WriteOutcome>;
  /** Leaves a marker, whose revision a later record follows. */
  remove(session: Session, key: string, expected?: Expected): Promise<WriteOutcome>;
}

export function createRegistryWriter<T>(
  definition: RegistryDefinition<T>,
  { space, secret }: WriterOptions,
): RegistryWriter<T> {
  const { registry } = definition;
  const stream = streamName.registry(space, registry);
  const write = async (session: Session, key: string, { data, fields }: Write): Promise<WriteOutcome> => {
    const stored = keySubject(space, registry, key);
    const subject = secret === undefined ? stored : ingestKeySubject(secret, stored);
    return await publish(session, { stream, subject, data, fields });
  };
  return {
    definition,
    put: async (session, key, value, expected = {}) =>
      await write(session, key, { data: encodeRecord(definition, key, value), fields: fencing(expected) }),
    remove: async (session, key, expected = {}) => {
      const fields = { ...fencing(expected), "KV-Operation": "DEL" };
      return await write(session, requireKey(definition, key), { data: new Uint8Array(), fields });
    },
  };
}

interface Write {
  readonly data: Uint8Array;
  readonly fields: Readonly<Record<string, string>>;
}

/** Publishes into a bucket and waits for the broker's word that it is stored. */
async function publish(
  session: Session,
  { stream, subject, data, fields }: Write & { readonly stream: string; readonly subject: string },
): Promise<WriteOutcome> {
  try {
    const { stream: taker, seq } = await store(session, { subject, data, headers: fields });
    if (taker === stream) return { kind: "written", revision: seq };
  } catch (failure) {
    const error = brokerError(failure);
    if (error.code === "fenced") return { kind: "fenced" };
    throw failed(error, stream);
  }
  throw new CotalError("bad-reply", `another stream than ${stream} has stored the record`);
}

function fencing({ expectedRevision, expectedBucket }: Expected): Record<string, string> {
  return {
    ...(expectedRevision !== undefined && {
      "Nats-Expected-Last-Subject-Sequence": String(expectedRevision),
    }),
    ...(expectedBucket !== undefined && { "Nats-Expected-Last-Sequence": String(expectedBucket) }),
  };
}

function failed(error: CotalError, stream: string): CotalError {
  if (error.code !== "no-responders") return error;
  return new CotalError(
    "stream-missing",
    `${stream} is not there, or takes its writes through another secret`,
    {
      hint: "set the space up again, with the secrets that belong to it",
      data: { stream },
      cause: error,
    },
  );
}
