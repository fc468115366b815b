import { channelsRegistry, change as decide } from "@cotal/registries";
import { CotalError } from "@cotal/subjects";
import type { ChannelConfig } from "@cotal/wire";
import type { ChannelKey } from "../argument-table.ts";
import { withOperatorDesk } from "../mesh/operator-desk.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import type { OptionValues } from "../option-table.ts";
import type { ChannelField } from "../reading/reading-options.ts";

type Settable = "class" | "replay" | "replayWindow" | "description" | "instructions" | "unset";

/** The fields as a record holds them, by the options that set them. */
const fieldOf = {
  class: "deliveryClass",
  replay: "replay",
  "replay-window": "replayWindow",
  description: "description",
  instructions: "instructions",
} as const satisfies Record<ChannelField, keyof ChannelConfig>;

/** What is to become of what is set for a channel. */
export type ConfigChange = (before: ChannelConfig | undefined) => ChannelConfig | undefined;

export interface ConfigChanged {
  readonly before: ChannelConfig | undefined;
  readonly after: ChannelConfig | undefined;
}

/** Fields that are given take the place of what stood there; what is unset goes; the rest stays. */
export function configChange(options: OptionValues<Settable>): ConfigChange {
  const { class: deliveryClass, replay, replayWindow, description, instructions, unset = [] } = options;
  const given = Object.entries({ deliveryClass, replay, replayWindow, description, instructions }).filter(
    ([, value]) => value !== undefined,
  );
  const gone = new Set<string>(unset.map((field) => fieldOf[field]));
  const both = given.find(([field]) => gone.has(field));
  if (both !== undefined) throw usage(`${both[0]} cannot be set and unset at once`);
  if (given.length + gone.size === 0) throw usage("it is not said what to set");
  return (before) => {
    const kept = Object.entries(before ?? {}).filter(([field]) => !gone.has(field));
    return { ...Object.fromEntries([...kept, ...given]), v: 1 };
  };
}

/** Changes what is set for a channel, or only says what would be; nothing is written when nothing differs. */
export function changeConfig(
  mesh: RunningMesh,
  { channel, change, dryRun = false, signal }: ConfigOrder,
): Promise<ConfigChanged> {
  return withOperatorDesk(mesh, signal, async ({ open }) =>
    decide<ChannelConfig, ConfigChanged>(await open(channelsRegistry), channel, (standing) => {
      const before = standing.kind === "found" ? standing.value : undefined;
      const after = change(before);
      const answer = { before, after };
      const isSame = JSON.stringify(before) === JSON.stringify(after);
      if (isSame || dryRun) return { kind: "leave", answer };
      if (after === undefined) return { kind: "remove", answer: () => answer };
      return { kind: "put", value: after, answer: () => answer };
    }),
  );
}

export interface ConfigOrder {
  readonly channel: ChannelKey;
  readonly change: ConfigChange;
  readonly dryRun?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** Each field with its value, and whether that was set or holds by default. */
export function configFacts(
  set: ChannelConfig | undefined,
  effective: Partial<ChannelConfig> | undefined,
): (readonly [name: string, value: string])[] {
  return Object.entries(fieldOf).map(([name, field]) => {
    const own = set?.[field];
    const value = own ?? effective?.[field];
    const where = own === undefined && value !== undefined ? " (by default)" : "";
    return [name, `${value === undefined ? "-" : wordOf(value)}${where}`];
  });
}

function wordOf(value: string | boolean): string {
  if (typeof value === "string") return value;
  return value ? "on" : "off";
}

function usage(what: string): CotalError {
  return new CotalError("usage", what, {
    hint: "for example: cotal channels set general --class durable --description news",
  });
}
