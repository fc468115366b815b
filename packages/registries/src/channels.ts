import { isChannel, registryKey } from "@cotal/subjects";
import { ChannelConfig } from "@cotal/wire";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";

/** What is set for each channel, and under `=defaults` for all of them. */
export const channelsRegistry: RegistryDefinition<ChannelConfig> = defineRegistry({
  registry: "channels",
  schema: ChannelConfig,
  isKey: (key) => key === registryKey.defaults || isChannel(key),
});
