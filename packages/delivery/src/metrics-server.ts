import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { CotalError } from "@cotal/subjects";
import type { ShardReport } from "./engine-shard.ts";
import { shardMetrics } from "./metrics.ts";
import { formatMetrics, metricsContentType } from "./metrics-text.ts";

export interface MetricsOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** An address of this machine alone; others are refused, because everybody who reaches the port may read it. */
  readonly host?: string;
  readonly report: () => readonly ShardReport[];
}

export interface MetricsServer extends AsyncDisposable {
  readonly url: string;
}

const loopback: readonly string[] = ["127.0.0.1", "::1"];

/** Serves what a daemon does under `/metrics` as Prometheus reads it, and under `/metrics.json`. */
export async function serveMetrics({
  port,
  host = "127.0.0.1",
  report,
}: MetricsOptions): Promise<MetricsServer> {
  if (!loopback.includes(host)) {
    throw new CotalError("bad-address", `metrics are not served at ${host}`, {
      hint: `use one of ${loopback.join(", ")}`,
    });
  }
  // Most daemons serve none.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    const { status, type, body } = pageFor(request, report);
    response.writeHead(status, { "content-type": type, connection: "close" });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  server.listen(port, host);
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    const taken = cause.code === "EADDRINUSE";
    throw new CotalError(
      taken ? "port-taken" : "bad-address",
      `metrics cannot be served at ${host}:${port}`,
      {
        hint: "choose another port",
        cause,
      },
    );
  });
  const { port: chosen } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${chosen}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function pageFor({ method, url, headers }: IncomingMessage, report: MetricsOptions["report"]): Page {
  if (method !== "GET" && method !== "HEAD") return refusal(405, "only GET");
  // A browser could be led here by a name that somebody else has given to this machine.
  if (!isLoopbackName(headers.host)) return refusal(403, "only for this machine");
  switch (url?.split("?")[0]) {
    case "/metrics":
      return { status: 200, type: metricsContentType, body: formatMetrics(shardMetrics(report())) };
    case "/metrics.json":
      return { status: 200, type: "application/json", body: `${JSON.stringify({ shards: report() })}\n` };
    default:
      return refusal(404, "there are /metrics and /metrics.json");
  }
}

function refusal(status: number, why: string): Page {
  return { status, type: "text/plain", body: `${why}\n` };
}

function isLoopbackName(host: string | undefined): boolean {
  return host !== undefined && /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host);
}
