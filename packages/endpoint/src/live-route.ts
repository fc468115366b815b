import { readHeaders, type Session } from "@cotal/session";
import type { Channel } from "@cotal/subjects";
import { createReplayGuard, verifyDelivery } from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import type { Intake } from "./arrival.ts";
import type { Core } from "./core.ts";
import type { Rejections } from "./rejections.ts";

/** Takes what a subscription on one connection hears. It never throws. */
export type Hearing = (message: Msg) => void;

/**
 * The way of one live subscription. What it has heard it remembers over connections: a message that is
 * played again is not heard again. Subscriptions that overlap need one each, for each hears a post.
 */
export function liveRoute(
  core: Core,
  intake: Pick<Intake, "offer">,
  rejections: Rejections,
): (session: Session, covers: (channel: Channel) => boolean) => Hearing {
  const guard = createReplayGuard();
  return (session, covers) => {
    const policy = core.policy(session, guard);
    const route = { kind: "channel", space: core.space, covers } as const;
    return (message) => {
      const { subject, data: bytes } = message;
      const verdict = verifyDelivery({ subject, headers: readHeaders(message), bytes, route, policy });
      if (verdict.verdict === "reject") {
        rejections.count(verdict.reason);
        core.log({ level: "debug", event: "live.rejected", fields: { subject, reason: verdict.reason } });
      } else if (verdict.verdict === "ok") {
        intake.offer({
          accepted: verdict,
          source: "live",
          bytes: bytes.length,
          historical: false,
          deliveries: 1,
        });
      }
    };
  };
}
