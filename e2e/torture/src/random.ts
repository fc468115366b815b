/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 to below `count`. */
  below(count: number): number;
  pick<T>(things: readonly [T, ...T[]]): T;
}

/** A 32-bit mixing of a counter, so that near seeds give far sequences. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { below, pick: ([first, ...rest]) => rest[below(rest.length + 1) - 1] ?? first };
}
