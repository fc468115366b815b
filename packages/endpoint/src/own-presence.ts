import { isDeepStrictEqual } from "node:util";
import { CotalError } from "@cotal/subjects";
import { Presence } from "@cotal/wire";

/** What a peer can change in what it says about itself. */
export type OwnChange = Partial<Pick<Presence, "status" | "activity" | "attention" | "channelModes">>;

/** Everybody gets the record with each change. */
const maxBytes = 16 * 1024;

/** The record after a change, at the moment `ts`; the same one when nothing changed. What makes no record is refused. */
export function changePresence(presence: Presence, change: OwnChange, ts: number): Presence {
  const given = { ...presence, ...change };
  const next = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (isDeepStrictEqual(next, presence)) return presence;
  const parsed = Presence.safeParse({ ...next, ts });
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new CotalError("invalid-record", `this makes no presence: ${field} does not have its form`, {
      hint: "see Presence in the chapter on the wire",
      data: { field },
    });
  }
  const bytes = new TextEncoder().encode(JSON.stringify(parsed.data)).length;
  if (bytes <= maxBytes) return parsed.data;
  throw new CotalError("too-large", `a presence of ${bytes} bytes is larger than is taken`, {
    hint: "say less about the activity, or in fewer channels",
    data: { bytes, limit: maxBytes },
  });
}
