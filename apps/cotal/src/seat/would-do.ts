import { toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { isHeld, type Seat } from "./seat.ts";
import { workText } from "./work.ts";

/** What a command would do with an agent of this host, which it leaves as it is. */
export function wouldDo(what: "stop" | "restart", seat: Seat): Outcome {
  const { name, id, work, holder } = seat;
  const pid = isHeld(seat) ? holder?.pid : undefined;
  const changes = what === "restart" || pid !== undefined;
  const state = pid === undefined ? "which does not run" : `pid ${pid}`;
  return {
    result: { name, id, pid, dryRun: true, changes },
    lines: [
      changes
        ? [toned("warn", `would ${what}`), `  ${name}, ${workText(work)}, ${state}`]
        : `${name} does not run`,
    ],
  };
}
