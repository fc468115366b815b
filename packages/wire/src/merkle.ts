import { hash } from "node:crypto";

/** The deepest tree that is read or made: 1,024 leaves. */
export const maxPathLength = 10;

/** What stands for one message in a burst: its subject, the moment of signing and its body. */
export interface LeafContent {
  readonly subject: string;
  readonly signedAt: number;
  readonly bytes: Uint8Array;
}

export function leafOf({ subject, signedAt, bytes }: LeafContent): Uint8Array {
  const body = hash("sha256", bytes, "hex");
  return hash("sha256", `cotal1\n${subject}\n${signedAt}\n${body}\n`, "buffer");
}

export interface Burst {
  readonly root: Uint8Array;
  /** For each leaf the siblings from its side up to the root. */
  readonly paths: readonly (readonly Uint8Array[])[];
}

interface Node {
  readonly hash: Uint8Array;
  /** Which leaves it stands for. */
  readonly leaves: readonly number[];
}

/** A tree over the leaves. A node without a sibling moves up as it is; a lone leaf is the root. */
export function treeOver(leaves: readonly Uint8Array[]): Burst {
  const paths: Uint8Array[][] = leaves.map(() => []);
  const join = (one: Node, other: Node): Node => {
    for (const leaf of one.leaves) paths[leaf]?.push(other.hash);
    for (const leaf of other.leaves) paths[leaf]?.push(one.hash);
    return { hash: parentOf(one.hash, other.hash), leaves: [...one.leaves, ...other.leaves] };
  };
  let level: Node[] = leaves.map((hash, at) => ({ hash, leaves: [at] }));
  while (level.length > 1) level = levelAbove(level, join);
  return { root: level[0]?.hash ?? new Uint8Array(), paths };
}

function levelAbove(level: readonly Node[], join: (one: Node, other: Node) => Node): Node[] {
  const above: Node[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [one, other] = level.slice(at, at + 2);
    if (one !== undefined) above.push(other === undefined ? one : join(one, other));
  }
  return above;
}

export function rootFrom(leaf: Uint8Array, path: readonly Uint8Array[]): Uint8Array {
  return path.reduce(parentOf, leaf);
}

/**
 * The smaller child comes first, so a path needs no sides. The first byte differs from that of every
 * leaf's text, so that no inner node can be passed off as a leaf.
 */
function parentOf(one: Uint8Array, other: Uint8Array): Uint8Array {
  const inOrder = Buffer.compare(one, other) <= 0;
  const text = inOrder ? [nodeMark, one, other] : [nodeMark, other, one];
  return hash("sha256", Buffer.concat(text), "buffer");
}

const nodeMark = Uint8Array.of(1);
