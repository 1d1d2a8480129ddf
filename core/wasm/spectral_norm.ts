import type { Block } from "../block.ts";
import { add, dot, scale } from "./elementwise.ts";
import { gemm } from "./gemm.ts";

/** No spectral norm is taken to be less: a kernel of zeros stays one. */
const LEAST = 1e-12;

/** Divides a vector by its length, which it returns. */
function normalize(v: Block): number {
  const length = Math.max(LEAST, Math.sqrt(dot(v, v)));
  scale(v, 1 / length);
  return length;
}

/**
 * The spectral norm σ = vᵀ·w·u of a kernel w, taken as a matrix with as many columns as u has values,
 * and what follows from it. Square roots are the only host arithmetic in it: they are exact everywhere.
 */
export class SpectralNorm {
  /** σ, once measured. */
  #sigma = 1;

  /**
   * @param w The kernel.
   * @param v The left vector, computed here.
   * @param u The right vector, to be set before.
   * @param scaled Memory for another vector as long as u.
   */
  constructor(
    readonly w: Block,
    readonly v: Block,
    readonly u: Block,
    readonly scaled: Block,
  ) {}

  get #matrix() {
    return { block: this.w, columns: this.u.length };
  }

  /** Steps of the power iteration: v = w·u, u = wᵀ·v, each of length 1. */
  iterate(steps: number): void {
    const { v, u } = this;
    const [m, n] = [v.length, u.length];
    for (let step = 0; step < steps; step++) {
      this.measure();
      // u [n×1] = wᵀ [n×m] · v [m×1]
      gemm([n, 1, m], { ...this.#matrix, transposed: true }, { block: v, columns: 1 }, u);
      this.#sigma = normalize(u);
    }
  }

  /** v and σ by the u there is. */
  measure(): void {
    const { v, u } = this;
    normalize(u);
    // v [m×1] = w [m×n] · u [n×1]
    gemm([v.length, 1, u.length], this.#matrix, { block: u, columns: 1 }, v);
    this.#sigma = normalize(v);
  }

  /** to = w / σ. */
  divide(to: Block): void {
    to.view.set(this.w.view);
    scale(to, 1 / this.#sigma);
  }

  /** dw += (dq − <dq, q>·v·uᵀ) / σ for q = w / σ; overwrites dq. */
  gradient(q: Block, dq: Block, dw: Block): void {
    const { v, u, scaled } = this;
    scaled.view.set(u.view);
    scale(scaled, -dot(dq, q));
    // dq [m×n] += v [m×1] · scaled u [1×n]
    const [left, right] = [{ block: v, columns: 1 }, { block: scaled, columns: u.length }];
    gemm([v.length, u.length, 1], left, right, dq, { add: true });
    scale(dq, 1 / this.#sigma);
    add(dq, dw);
  }
}
