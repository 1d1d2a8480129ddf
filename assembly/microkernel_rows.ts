// What the register tiles share: tables of row addresses, and the gate.

/** `v` where the old values at `at` are above 0, else 0. */
export function kept(v: v128, at: usize): v128 {
  return v128.and(v, f32x4.gt(v128.load(at), f32x4.splat(0)));
}

/** Entry `i` of a table of addresses. */
export function row(table: usize, i: usize): usize {
  return <usize> load<u32>(table + 4 * i);
}
