import { BlockList, isIP } from "node:net";
import { CotalError } from "@cotal/subjects";
import { type Exposure, versionReport } from "./version.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Who can reach a server that listens at this address. What is no address counts as open to others. */
export function exposureOf(host: string): Exposure {
  const family = isIP(host);
  if (family === 0) return "network";
  return loopback.check(host, family === 4 ? "ipv4" : "ipv6") ? "loopback" : "network";
}

export interface Protection {
  readonly host: string;
  readonly tls: boolean;
  /** Whether connections need a credential. */
  readonly credentials: boolean;
}

/** Refuses to serve other machines in the clear, or whoever comes. */
export function checkExposure({ host, tls, credentials }: Protection): void {
  if (exposureOf(host) === "loopback") return;
  if (!tls) {
    throw new CotalError("exposed-without-tls", `beyond loopback, at ${host}, the broker needs TLS`, {
      hint: "give a certificate and its key, or listen on 127.0.0.1",
      data: { host },
    });
  }
  if (!credentials) {
    throw new CotalError(
      "exposed-without-credentials",
      `beyond loopback, at ${host}, the broker must not take everybody`,
      { hint: "run it with an operator, or listen on 127.0.0.1", data: { host } },
    );
  }
}

/** Refuses a server of which something is known that matters to those who can reach it. */
export function checkVersion(host: string, version: string): void {
  const exposure = exposureOf(host);
  const { issues } = versionReport(version, exposure);
  if (issues.length === 0) return;
  const instead = exposure === "network" ? ", or listen on 127.0.0.1" : "";
  throw new CotalError("broker-too-old", issues.map(({ text }) => text).join("; "), {
    hint: `install a newer nats-server${instead}`,
    data: { version, host, issues: issues.map(({ id, fixedIn }) => ({ id, fixedIn })) },
  });
}
