import type { Link } from "@cotal/session";
import type { Parts } from "./assembly.ts";
import type { Core } from "./core.ts";
import type { Fault } from "./events.ts";
import type { LinkWait } from "./link-wait.ts";

/** All that one endpoint consists of. */
export interface Assembled {
  readonly core: Core;
  readonly parts: Parts;
  readonly link: Link;
  readonly linkWait: LinkWait;
  readonly faults: ReadonlyMap<string, Fault>;
}
