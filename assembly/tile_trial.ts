// What core/wasm/tile.ts times to choose the width of the register tile.

import { ARGUMENTS, ZEROS } from "./memory";
import { tiles, UNBOUNDED } from "./gemm";
import { MR } from "./microkernel";

/**
 * Makes a product of 6 rows and 16 columns so many times, as one wide tile or two narrow ones, on
 * the calling thread alone. It reads the zeros only and writes where arguments of jobs would be: it
 * needs no memory of its own, and everything stays in the L1 cache.
 *
 * @param k inner size, at most 1024
 */
export function tile_trial(k: i32, times: i32): void {
  const c = ARGUMENTS, from = ARGUMENTS + 64, to = ARGUMENTS + 96;
  for (let i: usize = 0; i < <usize> MR; i++) {
    store<u32>(from + 4 * i, <u32> ZEROS);
    store<u32>(to + 4 * i, <u32> c);
  }
  for (; times > 0; times--) tiles(MR, 16, 1, k, from, 0, 0, ZEROS, to, 0, ZEROS, UNBOUNDED, 0, 0);
}
