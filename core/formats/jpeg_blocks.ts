/**
 * From coefficients to samples: the inverse cosine transform of blocks of 8x8 in whole numbers, with the
 * constants and roundings of libjpeg's accurate one ("islow"; Loeffler, Ligtenberg & Moschytz 1989), so
 * that samples are the same to the last bit.
 */
import type { JpegChannel } from "./jpeg_scan.ts";

/** Bits behind the point of the constants, and those kept between rows and columns. */
const BITS = 13, KEPT = 2;
const [C0, C1, C2, C3] = [2446, 3196, 4433, 6270]; // 0.298631336 0.390180644 0.541196100 0.765366865
const [C4, C5, C6, C7] = [7373, 9633, 12299, 15137]; // 0.899976223 1.175875602 1.501321110 1.847759065
const [C8, C9, C10, C11] = [16069, 16819, 20995, 25172]; // 1.961570560 2.053119869 2.562915447 3.072711026

/** Transforms eight numbers, `step` apart, in place; the results are cut by so many bits. */
function transformLine(v: Int32Array, at: number, step: number, cut: number): void {
  const [i1, i2, i3, i4] = [at + step, at + 2 * step, at + 3 * step, at + 4 * step];
  const [i5, i6, i7] = [at + 5 * step, at + 6 * step, at + 7 * step];
  const even = (v[i2] + v[i6]) * C2, low = even - v[i6] * C7, high = even + v[i2] * C3;
  const sum = (v[at] + v[i4]) * 2 ** BITS, difference = (v[at] - v[i4]) * 2 ** BITS;
  const e0 = sum + high, e3 = sum - high, e1 = difference + low, e2 = difference - low;
  const z1 = -(v[i7] + v[i1]) * C4, z2 = -(v[i5] + v[i3]) * C10;
  const z5 = (v[i7] + v[i3] + v[i5] + v[i1]) * C5;
  const z3 = z5 - (v[i7] + v[i3]) * C8, z4 = z5 - (v[i5] + v[i1]) * C1;
  const o0 = v[i7] * C0 + z1 + z3, o1 = v[i5] * C9 + z2 + z4;
  const o2 = v[i3] * C11 + z2 + z3, o3 = v[i1] * C6 + z1 + z4;
  const half = 1 << cut - 1;
  v[at] = e0 + o3 + half >> cut, v[i7] = e0 - o3 + half >> cut;
  v[i1] = e1 + o2 + half >> cut, v[i6] = e1 - o2 + half >> cut;
  v[i2] = e2 + o1 + half >> cut, v[i5] = e2 - o1 + half >> cut;
  v[i3] = e3 + o0 + half >> cut, v[i4] = e3 - o0 + half >> cut;
}

/** Samples of a channel: `stride` in a row of memory. */
export interface Samples {
  readonly stride: number;
  readonly data: Uint8ClampedArray;
}

/** The samples of a channel, whose coefficients count `steps` each, in the order of rows. */
export function samplesOf(channel: JpegChannel, steps: Uint16Array): Samples {
  const { coefficients, columns, rows } = channel, stride = 8 * columns;
  const data = new Uint8ClampedArray(stride * 8 * rows), block = new Int32Array(64);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = row * channel.stride + column << 6;
      let to = 8 * (row * stride + column);
      for (let i = 0; i < 64; i++) block[i] = coefficients[from + i] * steps[i];
      for (let i = 0; i < 8; i++) transformLine(block, i, 8, BITS - KEPT);
      for (let i = 0; i < 64; i += 8, to += stride) {
        transformLine(block, i, 1, BITS + KEPT + 3);
        for (let k = 0; k < 8; k++) data[to + k] = block[i + k] + 128;
      }
    }
  }
  return { stride, data };
}
