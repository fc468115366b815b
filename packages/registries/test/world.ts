import type { CasRegistry } from "../src/cas-registry.ts";
import type { RegistryDefinition } from "../src/definition.ts";

/** One bucket and those who work on it. */
export interface World<T> extends AsyncDisposable {
  /** A further participant, who sees all there is. */
  join(): Promise<CasRegistry<T>>;
  /** Many participants. */
  racers(count: number): Promise<readonly CasRegistry<T>[]>;
  /** Writes any bytes. */
  raw(key: string, bytes: string): Promise<void>;
}
export type OpenWorld = <T>(definition: RegistryDefinition<T>) => Promise<World<T>>;

/** Waits until a participant has seen a revision. */
export async function seen(
  registry: Pick<CasRegistry<unknown>, "revision" | "moved">,
  revision: number,
): Promise<void> {
  while (registry.revision < revision) await registry.moved(registry.revision);
}
