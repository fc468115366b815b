import type { SpaceSpec } from "@cotal/registries";
import { CotalError } from "@cotal/subjects";
import { ingestSecret } from "@cotal/trust";
import { type MeshFiles, meshFilesOf } from "../home/mesh-files.ts";
import type { Host } from "../host.ts";
import { loadKeys, type MeshKeys } from "./keys.ts";
import { type MeshSettings, readSettings } from "./settings.ts";

/** The mesh of this user: what it is, and the keys to act on it. */
export interface Mesh extends MeshKeys {
  readonly files: MeshFiles;
  readonly settings: MeshSettings;
}

/** `mesh-absent` when none was ever made. Whether it runs is not asked. */
export async function openMesh(host: Host): Promise<Mesh> {
  const files = await meshFilesOf(host);
  const settings = await readSettings(files);
  if (settings === undefined) throw meshAbsent(files);
  return { files, settings, ...(await loadKeys(files, settings)) };
}

/** The table by which the streams of the space are made and judged. */
export function spaceSpecOf({ settings, space }: Mesh): SpaceSpec {
  const { mode, shards, storageBytes } = settings;
  return {
    space: settings.space,
    mode,
    shards,
    storageBytes,
    ingest: (resource) => ingestSecret(space, resource),
  };
}

function meshAbsent({ folder }: MeshFiles): CotalError {
  return new CotalError("mesh-absent", "no mesh was started here yet", {
    hint: "cotal up",
    data: { folder },
  });
}
