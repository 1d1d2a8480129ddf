// What is done to a result as it is stored.

import { kept } from "./microkernel_rows";
import { storeLanes } from "./simd";

/**
 * Stores the first `count` (at most 4) lanes: none below `low`, and where `gate` is set only those are
 * kept where `to` held something above 0.
 */
export function finish(to: usize, v: v128, count: i32, low: f32, gate: i32): void {
  storeLanes(to, f32x4.pmax(gate ? kept(v, to) : v, f32x4.splat(low)), count);
}
