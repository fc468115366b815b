import type { ShardReport } from "./engine-shard.ts";
import type { Metric, Sample } from "./metrics-text.ts";
import type { ShardStats } from "./shard-stats.ts";

const states = ["seeking", "leading", "ready", "failed", "refused"] as const;

/** What a daemon does about its shards, as quantities. */
export function shardMetrics(reports: readonly ShardReport[]): readonly Metric[] {
  const of =
    (type: Metric["type"]) =>
    (name: string, help: string, read: Reading): Metric => ({
      name: `cotal_delivery_${name}`,
      help,
      type,
      samples: reports.flatMap((report) => samplesOf(report, read)),
    });
  const [gauge, counter] = [of("gauge"), of("counter")];
  return [
    {
      name: "cotal_delivery_lead",
      help: "What the daemon is to the shard; 1 stands at its state.",
      type: "gauge",
      samples: reports.flatMap(({ shard, state: present }) =>
        states.map((state) => ({
          labels: { shard: String(shard), state },
          value: state === present ? 1 : 0,
        })),
      ),
    },
    gauge("position", "Up to which post of CHAT everything is stored.", ({ position }) => position),
    gauge("lag_posts", "How many posts of CHAT are not looked at yet.", ({ chatLast, position }) =>
      Math.max(0, chatLast - position),
    ),
    counter("batches_total", "Batches that were committed.", ({ batches }) => batches),
    counter("copies_total", "Copies that were stored.", ({ copies }) => copies),
    counter("drops_total", "Posts that an owner does not get, by reason.", ({ drops }) =>
      by("reason", drops),
    ),
    counter(
      "deferrals_total",
      "Posts that were parked, because rights were unknown.",
      ({ deferrals }) => deferrals,
    ),
    gauge("parked_owners", "Owners that have parked posts.", ({ parked }) => parked),
    counter("fence_rejections_total", "Writes that met another leader.", (stats) => stats.fenceRejections),
    counter("full_total", "Writes that the stream had no room for.", ({ full }) => full),
    counter("gaps_total", "Gap markers that were stored.", ({ gaps }) => gaps),
    counter("dead_letters_total", "Times that an owner gave something up.", ({ dead }) => dead),
    gauge("commit_seconds", "How long the last commit took.", ({ commitMs }) => commitMs.last / 1000),
    counter("commit_seconds_total", "How long all commits took.", ({ commitMs }) => commitMs.sum / 1000),
    counter("purge_seconds_total", "How long all purges took.", ({ purgeMs }) => purgeMs.sum / 1000),
    gauge("oldest_unacked_seconds", "Age of the oldest copy of the owners that wait longest.", (stats) =>
      stats.oldestUnacked.map(({ owner, ageMs }) => ({ labels: { owner }, value: ageMs / 1000 })),
    ),
  ];
}

type Reading = (stats: ShardStats) => number | readonly Sample[];

/** A shard of which nothing is known has no values. */
function samplesOf({ shard, stats }: ShardReport, read: Reading): readonly Sample[] {
  if (!stats) return [];
  const value = read(stats);
  const samples = typeof value === "number" ? [{ labels: {}, value }] : value;
  return samples.map((sample) => ({ ...sample, labels: { shard: String(shard), ...sample.labels } }));
}

function by(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
