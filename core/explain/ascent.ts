/** Adam on plain numbers, for what is found by climbing: pictures and latents. */

/** Climbs, or with a negative rate descends. */
export interface Ascent {
  /** Moves the numbers a step along the gradient. */
  step(numbers: Float64Array, gradient: Float64Array): void;
}

/**
 * Adam (Kingma & Ba 2015) in double precision, with β₁ 0.9, β₂ 0.999, ε 1e-8.
 *
 * @param rate Added along the gradient.
 */
export function ascent(size: number, rate: number): Ascent {
  const mean = new Float64Array(size), square = new Float64Array(size);
  let first = 1, second = 1;
  return {
    step: (numbers, gradient) => {
      first *= 0.9;
      second *= 0.999;
      for (let i = 0; i < size; i++) {
        mean[i] += 0.1 * (gradient[i] - mean[i]);
        square[i] += 0.001 * (gradient[i] ** 2 - square[i]);
        const slope = mean[i] / (1 - first);
        numbers[i] += rate * slope / (Math.sqrt(square[i] / (1 - second)) + 1e-8);
      }
    },
  };
}
