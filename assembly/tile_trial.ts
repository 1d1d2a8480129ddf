// What core/wasm/tile.ts times to choose the width of the register tile.

import { ARGUMENTS, ZEROS } from "./memory";
import { panels } from "./gemm";
import { MR } from "./microkernel";

/**
 * Makes a product of 6 rows and 16 columns so many times, as one tile of sixteen columns or two of eight, on
 * the calling thread alone. It reads the zeros only and writes where arguments of jobs would be: it
 * needs no memory of its own, and everything stays in the L1 cache.
 *
 * @param k inner size, at most 1024
 */
export function tile_trial(k: i32, times: i32): void {
  for (; times > 0; times--) panels(MR, 16, k, ZEROS, 0, ZEROS, ARGUMENTS, 64, ZEROS, 0);
}
