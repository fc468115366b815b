import type { TortureArguments } from "./arguments.ts";
import type { Outcome } from "./play.ts";

const shown = 30;

/** The outcome as a person reads it. */
export function linesOf({
  seed,
  sent,
  stored,
  received,
  lives,
  faults,
  skipped,
  violations,
}: Outcome): readonly string[] {
  const happened = Object.entries(faults);
  const total = happened.reduce((sum, [, count]) => sum + count, 0);
  return [
    `seed        ${seed}`,
    `operations  ${sent + received}: ${sent} sent (${stored} stored), ${received} received, by ${lives} processes`,
    `faults      ${total}`,
    ...happened.sort().map(([name, count]) => `            ${count} × ${name}`),
    ...skipped.map((text) => `skipped     ${text}`),
    `violations  ${violations.length}`,
    ...violations.slice(0, shown).map(({ of, text }) => `            ${of}: ${text}`),
    ...(violations.length > shown ? ["            …"] : []),
  ];
}

/** The command that plays the same again. */
export function replayOf({ seed, seconds, faults }: TortureArguments): string {
  const chosen = faults === undefined ? "" : ` --faults ${JSON.stringify(faults.join(","))}`;
  return `pnpm torture --seed ${seed} --minutes ${seconds / 60}${chosen}`;
}
