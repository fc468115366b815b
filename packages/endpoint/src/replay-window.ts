const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How far a replay goes back, in ms; a configuration says it as `30m`. */
export function replayWindowMs(window: string): number {
  const unit = unitMs[window.slice(-1) as keyof typeof unitMs];
  return Number(window.slice(0, -1)) * unit;
}
