import type { Endpoint } from "@cotal/endpoint";
import { type Line, toned } from "../report/line.ts";
import { isHeld, type Seat } from "../seat/seat.ts";
import type { Target } from "./target.ts";

/** A message that the broker has stored. */
export interface Sent {
  readonly seq: number;
  readonly duplicate: boolean;
}

/** Who was there to take it. */
export type Audience =
  | { readonly kind: "unknown" }
  | { readonly kind: "peer"; readonly live: boolean; readonly since?: number | undefined }
  | { readonly kind: "workers"; readonly live: number };

/** As the roster has it; of an agent of this host its process says more. */
export function audienceOf(
  target: Target,
  { endpoint, seats }: { readonly endpoint: Pick<Endpoint, "roster">; readonly seats: readonly Seat[] },
): Audience {
  const roster = endpoint.roster();
  switch (target.kind) {
    case "channel":
      return { kind: "unknown" };
    case "role":
      return {
        kind: "workers",
        live: roster.filter(({ live, role }) => live && role === target.role).length,
      };
    case "peer": {
      const entry = roster.find(({ id }) => id === target.id);
      const seat = seats.find(({ id }) => id === target.id);
      const isDead = seat !== undefined && !isHeld(seat);
      const since = entry?.presence?.status === "offline" ? entry.presence.ts : undefined;
      return { kind: "peer", live: entry?.live === true && !isDead, since };
    }
  }
}

/** Stored is what is known; nothing here says that anybody has seen it. */
export function sentLine({ seq, duplicate }: Sent, audience: Audience): Line {
  const stored = toned("good", `stored seq ${seq}`);
  return [stored, duplicate ? ", as it was before" : "", audienceText(audience)];
}

/** The same of what was not sent. */
export function wouldSendLine(
  { target, bytes }: { readonly target: Target; readonly bytes: number },
  audience: Audience,
): Line {
  return [toned("warn", "would send"), `  ${bytes} bytes to ${targetText(target)}${audienceText(audience)}`];
}

function targetText(target: Target): string {
  switch (target.kind) {
    case "channel":
      return `the channel ${target.channel}`;
    case "role":
      return `the role ${target.role}`;
    case "peer":
      return target.to;
  }
}

function audienceText(audience: Audience): string {
  switch (audience.kind) {
    case "unknown":
      return "";
    case "workers":
      return `, ${audience.live} ${audience.live === 1 ? "worker" : "workers"}`;
    case "peer":
      if (audience.live) return "";
      return audience.since === undefined
        ? "; offline"
        : `; offline since ${new Date(audience.since).toISOString()}`;
  }
}
