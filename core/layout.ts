import type { Block } from "./block.ts";

/** A block and the steps of a plan, first to last, in which its contents matter. */
export interface Lifetime {
  /** The block, not yet placed. */
  readonly block: Block;
  /** Bytes it takes. */
  readonly bytes: number;
  /** First step that writes it. */
  from: number;
  /** Last step that reads it. */
  to: number;
}

/**
 * Lays blocks out in one run of memory so that blocks whose lifetimes overlap do not: largest first,
 * each at the lowest offset that is free for its whole life (Pisarchyk & Lee 2020, "greedy by size").
 *
 * @returns The offset of each block in bytes, and the length of the run.
 */
export function layOut(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const order = lifetimes.map((_, i) => i).sort((a, b) =>
    lifetimes[b].bytes - lifetimes[a].bytes || a - b
  );
  const offsets = new Array<number>(lifetimes.length);
  const placed: number[] = [];
  let bytes = 0;
  for (const i of order) {
    const { from, to, bytes: size } = lifetimes[i];
    const rivals = placed
      .filter((j) => lifetimes[j].from <= to && from <= lifetimes[j].to)
      .sort((a, b) => offsets[a] - offsets[b]);
    let offset = 0;
    for (const j of rivals) {
      if (offset + size <= offsets[j]) break;
      offset = Math.max(offset, offsets[j] + lifetimes[j].bytes);
    }
    offsets[i] = offset;
    placed.push(i);
    bytes = Math.max(bytes, offset + size);
  }
  return { offsets, bytes };
}
