import { brokerFiles } from "@cotal/broker";
import { systemClock } from "@cotal/session";
import type { Token } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { logOf } from "../delivery/daemon.ts";
import { followLog, lastLines } from "../home/log-reader.ts";
import { type MeshFiles, meshFilesOf } from "../home/mesh-files.ts";
import type { Line } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { logText } from "../seat/log-text.ts";
import { requireSeat, seatFiles } from "../seat/seat.ts";

type Name = "limit" | "follow" | "for";

export const definition: Definition<Name, "log"> = {
  options: ["limit", "follow", "for"],
  arguments: ["log"],
  details: [
    "The last lines of the log of an agent, of the broker, of delivery or of the manager. With --follow it goes",
    "on until Ctrl-C, and --json is one document for each line.",
  ],
};

const defaultLimit = 20;

export async function run({
  host,
  options,
  words: { log: name },
  show,
}: Call<Name, "log">): Promise<Outcome> {
  const { limit = defaultLimit, follow = false } = options;
  const path = await pathOf(await meshFilesOf(host), name);
  const { lines, end } = await lastLines(path, limit);
  if (!follow) {
    const text = lines.flatMap(logText);
    return { result: { name, path, lines }, lines: text.length === 0 ? [`${path} is empty`] : text };
  }
  const onLine = (line: string): void => {
    const text: readonly Line[] = logText(line);
    if (text.length > 0) show({ result: { event: "line", name, line }, lines: text });
  };
  lines.forEach(onLine);
  const over = new AbortController();
  const cancel =
    options.for === undefined ? () => undefined : systemClock.after(options.for, () => over.abort());
  await followLog(path, { from: end, signal: AbortSignal.any([host.interrupted, over.signal]), onLine });
  cancel();
  return { result: { event: "ended", name }, lines: [] };
}

async function pathOf(files: MeshFiles, name: Token): Promise<string> {
  switch (name) {
    case "broker":
      return brokerFiles(files.broker).log;
    case "delivery":
      return logOf(files);
    case "manager":
      return files.managerLog;
    default:
      return seatFiles(files, (await requireSeat(files, name)).name).log;
  }
}
