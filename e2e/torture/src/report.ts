import type { Outcome } from "./play.ts";

/** The outcome as a person reads it. */
export function linesOf({
  seed,
  sent,
  stored,
  received,
  lives,
  faults,
  violations,
}: Outcome): readonly string[] {
  const happened = Object.entries(faults);
  const total = happened.reduce((sum, [, count]) => sum + count, 0);
  return [
    `seed        ${seed}`,
    `operations  ${sent + received}: ${sent} sent (${stored} stored), ${received} received, by ${lives} processes`,
    `faults      ${total}`,
    ...happened.sort().map(([name, count]) => `            ${count} × ${name}`),
    `violations  ${violations.length}`,
    ...violations.map(({ of, text }) => `            ${of}: ${text}`),
  ];
}
