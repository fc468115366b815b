/** Where tests stop, delay or kill a leader. */
export const shardFault = {
  beforeLead: "delivery.before-lead",
  afterLoad: "delivery.after-load",
  beforeCommit: "delivery.before-commit",
  afterCommit: "delivery.after-commit",
  betweenChained: "delivery.between-chained",
  beforeReply: "delivery.before-reply",
  betweenMarkerAndPurge: "delivery.between-marker-and-purge",
  betweenReplayAndRemoval: "delivery.between-replay-and-removal",
  midSettle: "delivery.mid-settle",
} as const;
