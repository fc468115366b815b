/** The name that somebody may have meant; nothing where none is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const far = Math.max(1, Math.floor(word.length / 3));
  const rated = names.map((name) => ({ name, slips: slipsBetween(word, name) }));
  const near = rated.filter(({ slips }) => slips <= far).sort((a, b) => a.slips - b.slips);
  return near[0]?.name;
}

/** How many letters were put in, left out, taken for another or for their neighbour. */
function slipsBetween(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isTurned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const turned = isTurned ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(other, turned, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? b.length;
}
