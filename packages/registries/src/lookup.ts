import { CotalError } from "@cotal/subjects";

/** A record together with the revision that a write must name to replace it. */
export interface Found<T> {
  readonly kind: "found";
  readonly key: string;
  readonly value: T;
  readonly revision: number;
}

/** Known not to be there. The revision is 0, or that of the marker which the last removal left. */
export interface Absent {
  readonly kind: "absent";
  readonly key: string;
  readonly revision: number;
}

/** Something is there that this program cannot read: what it says is unknown, which is not nothing. */
export interface Undecodable {
  readonly kind: "undecodable";
  readonly key: string;
  readonly revision: number;
  readonly reason: string;
}

/** The credential does not let this registry be read, or it cannot be told now. */
export interface Unread {
  readonly kind: "denied" | "unreachable";
  readonly key: string;
  readonly error: CotalError;
}

/** What is known of a key. No two of these may be taken for each other. */
export type Lookup<T> = Found<T> | Absent | Undecodable | Unread;

/** The record, or absence, with its revision; what is neither is thrown, so that a decision is put off. */
export function known<T>(lookup: Lookup<T>): Found<T> | Absent {
  switch (lookup.kind) {
    case "found":
    case "absent":
      return lookup;
    case "undecodable":
      throw undecodable(lookup);
    case "denied":
    case "unreachable":
      throw lookup.error;
  }
}

export function undecodable({ key, revision, reason }: Undecodable): CotalError {
  return new CotalError("undecodable", `the record under ${key} cannot be read: ${reason}`, {
    hint: "a newer release may have written it; upgrade, or have its writer write it again",
    data: { key, revision, reason },
  });
}
