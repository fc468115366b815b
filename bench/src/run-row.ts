import { type CpuReading, readCpu as readSystem } from "./cpu.ts";
import { type Figure, figureOf } from "./figure.ts";
import { isDisturbed, playRound, type Round } from "./round.ts";
import type { Row, Size } from "./row.ts";

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly rounds: number;
  /** In how many of them others used the machine, repetitions included; `null` where that cannot be seen. */
  readonly disturbed: number | null;
  readonly figures: readonly Figure[];
}

export interface RunOptions {
  readonly size: Size;
  /** The load so far, of the system unless told. */
  readonly readCpu?: (processes: readonly number[]) => CpuReading | null;
}

/** One unrecorded round, then the recorded ones; each disturbed one is repeated twice at most. */
export async function runRow(row: Row, { size, readCpu = readSystem }: RunOptions): Promise<RowResult> {
  const rounds = size === "smoke" ? 1 : (row.rounds ?? 5);
  await using open = await row.open(size);
  const { comparisons, processes = [] } = open;
  const play = (turn: number, attempts: number) =>
    playRound(comparisons, turn, { readCpu: () => readCpu(processes), attempts });
  await play(0, 1);
  const recorded: Round[] = [];
  for (let turn = 1; turn <= rounds; turn++) recorded.push(await play(turn, size === "smoke" ? 1 : 3));
  return {
    id: row.id,
    title: row.title,
    rounds,
    disturbed: recorded.some(({ foreign }) => foreign === null) ? null : recorded.filter(isDisturbed).length,
    figures: comparisons.map((comparison, at) => {
      const samples = recorded.flatMap((round) => round.samples[at] ?? []);
      return figureOf(comparison, samples, size);
    }),
  };
}
