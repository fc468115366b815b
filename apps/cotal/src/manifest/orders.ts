import { dirname } from "node:path";
import { asToken, CotalError, type Token } from "@cotal/subjects";
import type { Host } from "../host.ts";
import type { OptionValues } from "../option-table.ts";
import { type OrderName, orderFor } from "../seat/order.ts";
import type { SpawnOrder } from "../seat/take-seat.ts";
import type { Manifest, ManifestAgent } from "./manifest.ts";
import { badManifest, type Fault, type ReadManifest } from "./read-manifest.ts";

/** The agents of a manifest as they would be spawned. What cannot be spawned is a fault of the file. */
export async function ordersIn(
  { manifest, path, shown, fault }: ReadManifest,
  host: Host,
): Promise<SpawnOrder[]> {
  const beside = { env: host.env, folder: dirname(path) };
  const faults: Fault[] = [];
  const orders: SpawnOrder[] = [];
  for (const [text, agent] of Object.entries(manifest.agents)) {
    const name = asToken("name", text);
    try {
      const options = optionsOf(agent, manifest.defaults);
      orders.push(await orderFor({ name, options, program: agent.command ?? [] }, beside));
    } catch (error) {
      if (!(error instanceof CotalError)) throw error;
      faults.push(fault(["agents", name], inFile(name, error)));
    }
  }
  if (faults.length > 0) throw badManifest(shown, faults);
  return orders;
}

/** As the flags of `cotal spawn` would say it. */
function optionsOf(agent: ManifestAgent, defaults: Manifest["defaults"]): OptionValues<OrderName> {
  const { command: _, env: own, ...rest } = agent;
  const { env: shared, ...common } = defaults;
  const env = Object.entries({ ...shared, ...own }).map(([name, value]) =>
    value === null ? name : `${name}=${value}`,
  );
  const given = Object.entries({ ...common, ...rest }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), env };
}

/** The advice of the command line is not that for a file. */
function inFile(name: Token, { code, message }: CotalError): string {
  if (code !== "usage") return message;
  return message.endsWith(`what ${name} is to do`)
    ? `${message}: it needs one of preset, exec and command`
    : message;
}
