/** Local response normalisation, channel by channel, and its gradient from the sums it takes part in. */

import type { NumberArray } from "./array.ts";

/** What is normalised by what. */
export interface LocalResponse {
  readonly channels: number;
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

/** y and dx. */
export function localResponseNormalization(
  x: NumberArray,
  dy: NumberArray,
  { channels, size, alpha, beta, bias }: LocalResponse,
): { y: NumberArray; dx: NumberArray } {
  const y = new Float64Array(x.data.length), dx = new Float64Array(x.data.length);
  const front = size % 2 ? (size - 1) / 2 : size / 2 - 1;
  for (let row = 0; row < x.data.length; row += channels) {
    for (let c = 0; c < channels; c++) {
      const window = [...Array(size).keys()].map((i) => c - front + i)
        .filter((i) => i >= 0 && i < channels);
      let sum = bias;
      for (const i of window) sum += alpha / size * x.data[row + i] ** 2;
      y[row + c] = x.data[row + c] / sum ** beta;
      dx[row + c] += dy.data[row + c] / sum ** beta;
      // d sum / d x_i = 2·alpha/size·x_i
      for (const i of window) {
        dx[row + i] -= dy.data[row + c] * x.data[row + c] * beta * sum ** (-beta - 1) * 2 * alpha /
          size * x.data[row + i];
      }
    }
  }
  return { y: { shape: x.shape, data: y }, dx: { shape: x.shape, data: dx } };
}
