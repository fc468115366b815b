import type { Broker } from "@cotal/broker";
import { requestApi, systemClock } from "@cotal/session";
import { streamName } from "@cotal/subjects";
import { formatDuration } from "../duration.ts";
import { withCallSession } from "../mesh/call-session.ts";
import { failed, okay, warning } from "../mesh/check.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { dialOf } from "../mesh/running-mesh.ts";
import type { Finding } from "./finding.ts";

/** More would let fresh messages be taken for old ones. */
const mostApartMs = 5_000;

/** Whether this host and the broker agree on the time. */
export async function checkClock(mesh: Mesh, broker: Broker, signal: AbortSignal): Promise<Finding> {
  const at = { dial: dialOf(broker), profile: "setup", signal } as const;
  try {
    const apartMs = await withCallSession(mesh, at, async ({ session }) => {
      const before = systemClock.now();
      const { ts } = await requestApi<{ readonly ts: string }>(
        session,
        `STREAM.INFO.${streamName.chat(mesh.settings.space)}`,
      );
      return Math.round(Date.parse(ts) - (before + systemClock.now()) / 2);
    });
    const evidence = `${formatDuration(Math.abs(apartMs))} ${apartMs < 0 ? "ahead of" : "behind"} the broker`;
    if (Math.abs(apartMs) <= mostApartMs) return okay("clock", evidence);
    return warning("clock", evidence, "set the clocks of both hosts, for example by NTP");
  } catch (error) {
    return failed("clock", error);
  }
}
