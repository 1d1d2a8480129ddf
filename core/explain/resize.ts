import { resampledAxes } from "../resampling.ts";
import type { Axis } from "../windows.ts";

/**
 * A plane of `[height, width]` numbers at another size, bilinear with the centres of cells half a cell
 * inside (as `resizing` has it).
 */
export function resizedPlane(
  x: ArrayLike<number>,
  from: readonly [number, number],
  to: readonly [number, number],
): Float64Array {
  const [rows, columns] = resampledAxes(from, to, "bilinear");
  const tall = resizedAxis(Float64Array.from(x), 1, rows, from[1]);
  return resizedAxis(tall, to[0], columns, 1);
}

/** One axis of `outer` runs of steps of `inner` numbers. */
function resizedAxis(x: Float64Array, outer: number, { size, spans }: Axis, inner: number) {
  const out = new Float64Array(outer * spans.length * inner);
  for (let o = 0; o < outer; o++) {
    spans.forEach(({ first, weights }, to) =>
      weights.forEach((weight, i) => {
        const source = (o * size + first + i) * inner, target = (o * spans.length + to) * inner;
        for (let c = 0; c < inner; c++) out[target + c] += weight * x[source + c];
      })
    );
  }
  return out;
}
