// What is done to a result as it is stored.

import { storeLanes } from "./scatter";

/**
 * Stores the first `count` (at most 4) lanes: none below `low`, and where `gate` is set only those are
 * kept where `to` held something above 0.
 */
export function finish(to: usize, v: v128, count: i32, low: f32, gate: i32): void {
  if (gate) v = v128.and(v, f32x4.gt(v128.load(to), f32x4.splat(0)));
  storeLanes(to, f32x4.pmax(v, f32x4.splat(low)), count);
}
