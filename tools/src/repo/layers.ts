import { readFileSync } from "node:fs";

/** For each package the packages directly below it; layers.json is the one place that says so. */
export type Layers = Readonly<Record<string, readonly string[]>>;

export function readLayers(): Layers {
  return JSON.parse(readFileSync(new URL("../../layers.json", import.meta.url), "utf8")) as Layers;
}

/** Names that need neither Node nor any other package. */
export const purePackages: readonly string[] = ["subjects"];

/** Everything below a package, near and far. A circle in the table is refused. */
export function below(layers: Layers, name: string, above: readonly string[] = []): Set<string> {
  if (above.includes(name)) throw new Error(`layers.json has a circle: ${[...above, name].join(" → ")}`);
  const direct = layers[name] ?? [];
  return new Set(direct.flatMap((next) => [next, ...below(layers, next, [...above, name])]));
}
