import type { Rights } from "@cotal/registries";
import { facts, type Line } from "../report/line.ts";

/** What somebody may read and post to, for people. */
export function rightsLines({ allowSubscribe, allowPublish }: Rights): Line[] {
  return facts([
    ["may read", allowSubscribe.join(", ") || "nothing"],
    ["may post to", allowPublish.join(", ") || "nothing"],
  ]);
}
