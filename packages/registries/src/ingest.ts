import { CotalError, isToken, type Token } from "@cotal/subjects";
import type { StreamConfig, StreamSpec } from "./stream-spec.ts";

/** The ingest secret of a bucket or a stream, by its name. */
export type IngestSecrets = (resource: string) => Token;

/** A row together with its secret, which only `reveal` gives away. */
export interface SealedSpec {
  readonly spec: StreamSpec;
  /** The configuration for the broker, with the secret. */
  reveal(): StreamConfig;
  /** A value that came from the broker, without this secret or any other. */
  mask<Value>(value: Value): Value;
}

/** 128 bits in base64url. */
const leastSecretLength = 22;

export function seal(spec: StreamSpec, secrets: IngestSecrets): SealedSpec {
  const secret = spec.ingest === undefined ? undefined : checked(spec.ingest, secrets(spec.ingest));
  return {
    spec,
    reveal: () => (secret === undefined ? spec.config : withSecret(spec.config, secret)),
    mask: (value) => JSON.parse(maskText(JSON.stringify(value), secret)),
  };
}

/** The text of a refused secret is not repeated: it may be a true one. */
function checked(resource: string, secret: string): string {
  if (isToken(secret) && secret.length >= leastSecretLength) return secret;
  throw new CotalError("weak-secret", `the ingest secret of ${resource} is no secret`, {
    hint: `use a token of at least ${leastSecretLength} random characters`,
    data: { resource },
  });
}

function withSecret(config: StreamConfig, secret: string): StreamConfig {
  const place = (subject: string): string => subject.replace(/^in\.\*\./, `in.${secret}.`);
  const { subjects, subject_transform: transform } = config;
  return {
    ...config,
    subjects: subjects.map(place),
    subject_transform: transform && { ...transform, src: place(transform.src) },
  };
}

/** A secret that is not the wanted one shows as `(other)`: the two can be told apart and neither can be read. */
function maskText(json: string, secret: string | undefined): string {
  const own = secret === undefined ? json : json.replaceAll(secret, "*");
  return own.replace(/(^|[^\w.-])in\.(?!\*\.)[^."\s]+(?=\.)/g, "$1in.(other)");
}
