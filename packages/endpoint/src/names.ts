import type { OwnerId } from "@cotal/subjects";
import type { Resolution } from "@cotal/wire";

/** Whom a name or an id means, as far as this endpoint can tell. */
export interface Names {
  resolve(target: string): Resolution;
  /**
   * The id; throws `unknown-peer`, `ambiguous-peer` or `peer-retired`. An id means itself, also when nobody is
   * known by it.
   */
  idOf(target: string): OwnerId;
}
