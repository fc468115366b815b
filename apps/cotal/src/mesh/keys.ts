import type { OperatorMode } from "@cotal/broker";
import { systemClock } from "@cotal/session";
import {
  createSpaceTrust,
  createTrust,
  loadSpace,
  loadTrust,
  type SpaceTrust,
  saveSpace,
  saveTrust,
  type Trust,
} from "@cotal/trust";
import type { MeshFiles } from "../home/mesh-files.ts";
import type { MeshSettings } from "./settings.ts";

/** The keys of a mesh. An open one has them too: the secrets through which its streams take writes come from them. */
export interface MeshKeys {
  readonly trust: Trust;
  readonly space: SpaceTrust;
}

export async function makeKeys(files: MeshFiles, settings: MeshSettings): Promise<MeshKeys> {
  const at = systemClock.now();
  const trust = createTrust({ name: "cotal", at });
  const space = createSpaceTrust(trust, settings, at);
  await Promise.all([saveTrust(files.trust, trust), saveSpace(files.spaceTrust(settings.space), space)]);
  return { trust, space };
}

/** Refuses what is missing or torn; new keys in the place of lost ones would hide all messages. */
export async function loadKeys(files: MeshFiles, settings: MeshSettings): Promise<MeshKeys> {
  const trust = await loadTrust(files.trust);
  return { trust, space: await loadSpace(files.spaceTrust(settings.space), trust) };
}

/** What the broker is told of them; nothing of it is secret. */
export function operatorMode({ trust: { operator, system }, space }: MeshKeys): OperatorMode {
  return {
    operatorJwt: operator.jwt,
    systemAccount: system.account,
    accounts: { [system.account]: system.jwt, [space.account]: space.jwt },
  };
}
