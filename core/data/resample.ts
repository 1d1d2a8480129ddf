/** Pictures halved and doubled in size: what super-resolution starts from, and what it is compared with. */
import { DeconvError } from "../errors.ts";
import { type Shape, shapeText } from "../tensor.ts";

/** The means of 2x2 pixels: a picture `[h, w, c]` at half the size; `h` and `w` are even. */
export function halved(x: ArrayLike<number>, shape: Shape): Float32Array {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height % 2 || width % 2) {
    throw new DeconvError(
      `Cannot halve a picture of shape ${shapeText(shape)}: height and width must be even`,
    );
  }
  const out = new Float32Array(height / 2 * (width / 2) * channels), row = width * channels;
  let at = 0;
  for (let top = 0; top < height; top += 2) {
    for (let left = 0; left < width; left += 2) {
      const from = top * row + left * channels;
      for (let c = from; c < from + channels; c++) {
        out[at++] = (x[c] + x[c + channels] + x[c + row] + x[c + row + channels]) / 4;
      }
    }
  }
  return out;
}

/** Weights of the four pixels around a place a quarter of a pixel after the second (Keys 1981, a = -1/2). */
const CUBIC = [-0.0703125, 0.8671875, 0.2265625, -0.0234375];

/** One axis of a picture doubled: `outer` runs of `count` steps of `inner` numbers. */
function doubleAxis(x: Float32Array, outer: number, count: number, inner: number): Float32Array {
  const out = new Float32Array(2 * x.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < 2 * count; i++) {
      // New pixel 2j lies a quarter before old pixel j, 2j + 1 a quarter after it.
      const j = i >> 1, step = i % 2 ? 1 : -1;
      for (let c = 0; c < inner; c++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) {
          const from = Math.min(count - 1, Math.max(0, j + step * (k - 1)));
          sum += CUBIC[k] * x[(o * count + from) * inner + c];
        }
        out[(o * 2 * count + i) * inner + c] = sum;
      }
    }
  }
  return out;
}

/**
 * A picture `[h, w, c]` at twice the size by bicubic interpolation (Keys 1981), half-pixel centres, edge
 * pixels repeated.
 */
export function doubledBicubic(x: Float32Array, [height, width, channels]: Shape): Float32Array {
  const tall = doubleAxis(x, 1, height, width * channels);
  return doubleAxis(tall, 2 * height, width, channels);
}
