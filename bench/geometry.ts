/**
 * Convolution geometries as words: what `describeGeometry` prints, read back.
 *
 * ```
 * n64h32w32c64_r3s3k128_t1p1d1g1
 * batch, height, width, channels _ kernel height, width, filters _ strides, pads, dilations, groups
 * ```
 *
 * Pairs that differ are `vertical x horizontal`. Pads are one number for all sides, two, or four:
 * `p0x0x1x1` is top, left, bottom, right, as the padding "same" of a stride of 2 has it. Rows and
 * columns at the end that no tap reads need no notation: the output's size is rounded down. A
 * transposed convolution bears the name of the convolution whose input gradient it is.
 *
 * @module
 */
import { DeconvError } from "../core/errors.ts";
import { type ConvGeometry, convGeometry, describeGeometry } from "../core/geometry.ts";

const GRAMMAR = new RegExp(
  "^n(\\d+)h(\\d+)w(\\d+)c(\\d+)_r(\\d+)s(\\d+)k(\\d+)_t([\\dx]+)p([\\dx]+)d([\\dx]+)g(\\d+)$",
);

/** `"3"` or `"1x2"` as two numbers. */
function two(text: string): [number, number] {
  const numbers = text.split("x").map(Number);
  return [numbers[0], numbers[numbers.length - 1]];
}

/** One, two or four pads as top, left, bottom, right. */
function four(text: string): [number, number, number, number] {
  const numbers = text.split("x").map(Number);
  if (numbers.length === 4) return numbers as [number, number, number, number];
  return [...two(text), ...two(text)];
}

/**
 * The geometry that a descriptor stands for.
 *
 * @throws {DeconvError} When it is not a descriptor, or the geometry is impossible.
 */
export function parseGeometry(text: string): ConvGeometry {
  const match = GRAMMAR.exec(text);
  const pairs = match?.slice(8, 11).map((part) => part.split("x"));
  const valid = pairs?.every((pair, i) =>
    (pair.length <= 2 || i === 1 && pair.length === 4) && pair.every((number) => number !== "")
  );
  if (!match || !valid) {
    throw new DeconvError(
      `"${text}" is not a geometry such as n64h32w32c64_r3s3k128_t1p1d1g1`,
    );
  }
  const [n, h, w, c, r, s, k] = match.slice(1, 8).map(Number);
  const options = {
    kernelSize: [r, s] as const,
    strides: two(match[8]),
    padding: four(match[9]),
    dilationRate: two(match[10]),
    groups: Number(match[11]),
  };
  return convGeometry([h, w, c], k, options, n);
}

/** A geometry's descriptor, with pads exact enough that `parseGeometry` gives the geometry back. */
export function formatGeometry(g: ConvGeometry): string {
  const plain = describeGeometry(g);
  const symmetric = [0, 1].every((i) => {
    const extent = (g.kernel[i] - 1) * g.dilations[i] + 1;
    const room = g.input[i] + 2 * g.padStart[i] - extent;
    return Math.floor(room / g.strides[i]) + 1 === g.output[i];
  });
  if (symmetric) return plain;
  const pads = [...g.padStart, ...g.padEnd.map((pad) => Math.max(pad, 0))];
  return plain.replace(/p[\dx]+d/, `p${pads.join("x")}d`);
}
