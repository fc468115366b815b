import type { EngineEvent } from "@cotal/delivery";
import { CotalError } from "@cotal/subjects";
import { freshId } from "@cotal/wire";
import type { Call, Definition } from "../command.ts";
import { enterDaemon, logOf } from "../delivery/daemon.ts";
import { runDaemon } from "../delivery/run-daemon.ts";
import { createFileLog } from "../home/file-log.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { mayBegin } from "../process/start-line.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

type Name = "standby" | "shards" | "metricsPort";

export const definition: Definition<Name> = {
  options: ["standby", "shards", "metricsPort"],
  details: [
    "It runs in the foreground until it is interrupted, as a service unit wants it; cotal up starts one by",
    "itself. Where another leads it refuses; with --standby it waits, and takes over what nobody leads.",
  ],
};

export async function run({ host, options, show }: Call<Name>): Promise<Outcome> {
  requireOutsideSeat(host);
  if (!(await mayBegin(host))) return { result: { event: "abandoned" }, lines: ["nobody needs it"] };
  const mesh = await openRunningMesh(host);
  if (mesh.settings.mode === "open") throw notInOpen();
  const { standby = false, shards, metricsPort } = options;
  requireShards(shards, mesh.settings.shards);
  const holder = freshId();
  const leave = await enterDaemon(mesh.files, { standby, holder });
  const log = createFileLog(logOf(mesh.files), { pid: process.pid });
  try {
    await runDaemon({
      mesh,
      standby,
      holder,
      shards,
      metricsPort,
      log,
      signal: host.interrupted,
      onEvent: (event) => show(outcomeOf(event)),
    });
  } finally {
    await leave();
  }
  return { result: { event: "ended" }, lines: ["every lead is given up"] };
}

function outcomeOf(event: EngineEvent): Outcome {
  const { kind, shard } = event;
  const code = "error" in event ? event.error.code : undefined;
  const tone = kind === "leads" ? "good" : "warn";
  const line: Line = [toned(tone, kind.padEnd(8)), `shard ${shard}`, code === undefined ? "" : ` (${code})`];
  return { result: { event: kind, shard, ...(code !== undefined && { code }) }, lines: [line] };
}

function requireShards(asked: readonly number[] | undefined, count: number): void {
  const foreign = asked?.find((shard) => shard >= count);
  if (foreign === undefined) return;
  throw new CotalError("bad-number", `there is no shard ${foreign}: the space has ${count}, from 0 on`, {
    hint: `use --shards with numbers below ${count}, or leave it away for all`,
    data: { shard: foreign, count },
  });
}

function notInOpen(): CotalError {
  return new CotalError("usage", "an open mesh keeps no posts for members that are away", {
    hint: "for delivery to members that are away, make a mesh with credentials",
  });
}
