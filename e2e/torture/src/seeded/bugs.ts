import { bugsForPlays } from "./bugs-for-plays.ts";
import { bugsOfDelivery } from "./bugs-of-delivery.ts";
import { bugsOfPeers } from "./bugs-of-peers.ts";
import type { SeededBug } from "./seeded-bug.ts";

export const bugs: readonly SeededBug[] = [...bugsForPlays, ...bugsOfDelivery, ...bugsOfPeers];
