/** What the references of pooling need, worked out of a layer's options. */

import { convPads, pair } from "../reference/padding.ts";
import type { Pads, Pair } from "../reference/array.ts";
import type { PoolSettings } from "../reference/pool2d.ts";
import { type Array32, uniformSource } from "./random_array.ts";

/** Options of pooling layers over pictures, named as the layers have them. */
export interface PoolOptions {
  readonly poolSize?: number | Pair;
  readonly strides?: number | Pair;
  readonly padding?: "same" | "valid" | Pads;
  readonly countIncludePad?: boolean;
}

/** Options of pooling layers over signals. */
export interface SignalPoolOptions {
  readonly poolSize?: number;
  readonly strides?: number;
  readonly padding?: "same" | "valid" | number | Pair;
  readonly countIncludePad?: boolean;
}

/** Settings for pictures of this shape. */
export function poolSettings(shape: readonly number[], options: PoolOptions): PoolSettings {
  const pool = pair(options.poolSize ?? 2), strides = pair(options.strides ?? pool);
  const pads = convPads(options.padding ?? "valid", [shape[1], shape[2]], pool, strides, [1, 1]);
  return { pool, strides, pads, counted: options.countIncludePad };
}

/** Settings for signals of this shape, taken as pictures of one column. */
export function signalSettings(
  [count, length, channels]: readonly number[],
  { poolSize = 2, strides = poolSize, padding = "valid", countIncludePad }: SignalPoolOptions,
): PoolSettings {
  const [left, right] = typeof padding === "number" ? [padding, padding] : padding;
  const pads = typeof padding === "string" ? padding : [left, 0, right, 0] as unknown as Pads;
  return poolSettings([count, length, 1, channels], {
    poolSize: [poolSize, 1],
    strides: [strides, 1],
    padding: pads,
    countIncludePad,
  });
}

/** A signal, or a batch of them, as pictures of one column. */
export function asColumn<A extends { readonly shape: readonly number[] }>(a: A): A {
  const [count, length, channels] = a.shape;
  return { ...a, shape: [count, length, 1, channels] };
}

/** ε for a gradient check of what `apart` gives. */
export const APART_STEP = 0.02;

/** Numbers in any order that differ by so much that the step of a gradient check changes no order. */
export function apart(_i: number, shape: readonly number[], seed: number): Array32 {
  const size = shape.reduce((product, n) => product * n, 1), uniform = uniformSource(seed);
  const data = Float32Array.from({ length: size }, (_, k) => 0.25 * (k - size / 2));
  for (let k = size - 1; k > 0; k--) {
    const other = Math.floor(uniform() * (k + 1));
    [data[k], data[other]] = [data[other], data[k]];
  }
  return { shape, data };
}
