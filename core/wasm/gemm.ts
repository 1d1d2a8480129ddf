import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/** A matrix in a block, row-major; `transposed` when the product needs its transpose. */
export interface Matrix {
  /** Its numbers. */
  block: Block;
  /** Values a row. */
  columns: number;
  /** Whether the product takes its transpose. */
  transposed?: boolean;
}

/**
 * c = (add ? c : bias or 0) + a·b, with c `[m, n]` and the inner size k.
 *
 * @param bias One value per column, or null.
 */
export function gemm(
  [m, n, k]: readonly [number, number, number],
  a: Matrix,
  b: Matrix,
  c: Block,
  { bias = null, add = false }: { bias?: Block | null; add?: boolean } = {},
): void {
  const r = runtime();
  r.reserve(r.call("gemm_scratch"), k * Math.ceil(n / 16) * 64);
  const [sk, sn] = b.transposed ? [1, b.columns] : [b.columns, 1];
  r.callNarrow(
    n,
    "gemm",
    m,
    n,
    k,
    a.block.address,
    a.columns,
    a.transposed ? 1 : 0,
    b.block.address,
    sk,
    sn,
    c.address,
    bias?.address ?? 0,
    add ? 1 : 0,
  );
}
