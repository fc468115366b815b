import { channelsRegistry, directoryRegistry } from "@cotal/registries";
import { systemClock, withDeadline } from "@cotal/session";
import { isChannel } from "@cotal/subjects";
import { meshFilesOf } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { readable, withOperatorDesk } from "../mesh/operator-desk.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { knownMeshes } from "../place/known-meshes.ts";
import { listSeats } from "../seat/seat.ts";
import type { LiveName } from "./candidates.ts";

/** The names of the mesh as it is now. Without one that answers there are none. */
export async function liveNames(
  of: LiveName,
  { host, timeoutMs }: { readonly host: Host; readonly timeoutMs: number },
): Promise<readonly string[]> {
  const names = of === "agent" ? agents(host) : of === "space" ? spaces(host) : onMesh(of, host);
  const late = (): Promise<string[]> => Promise.resolve([]);
  const [found] = await Promise.allSettled([withDeadline(systemClock, names, { timeoutMs, onLate: late })]);
  return found.status === "fulfilled" ? found.value : [];
}

async function agents(host: Host): Promise<string[]> {
  const { seats } = await listSeats(await meshFilesOf(host));
  return seats.map(({ name }) => name);
}

async function spaces(host: Host): Promise<string[]> {
  return (await knownMeshes(host)).meshes.flatMap(({ space }) => space ?? []);
}

async function onMesh(of: "peer" | "channel", host: Host): Promise<string[]> {
  const mesh = await openRunningMesh(host);
  return await withOperatorDesk(mesh, host.interrupted, async ({ open }) => {
    if (of === "channel") {
      return (await open(channelsRegistry))
        .entries()
        .map(({ key }) => key)
        .filter((key) => isChannel(key));
    }
    return readable(await open(directoryRegistry)).values.flatMap(({ name, retired }) =>
      retired === true ? [] : [name],
    );
  });
}
