import { CotalError, quoted } from "@cotal/subjects";

/** One quantity and its values, as Prometheus has them. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  /** A counter only grows, until its process ends. */
  readonly type: "counter" | "gauge";
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/** The text in which Prometheus reads metrics. A quantity without values is left out. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(formatMetric)
    .join("");
}

function formatMetric({ name, help, type, samples }: Metric): string {
  requireName(name);
  const lines = samples.map(({ labels, value }) => `${name}${formatLabels(labels)} ${formatValue(value)}`);
  return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    requireName(label);
    return `${label}="${escaped(value).replaceAll('"', '\\"')}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function formatValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function requireName(name: string): void {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return;
  throw new CotalError("bad-token", `${quoted(name)} is not the name of a metric or a label`);
}
