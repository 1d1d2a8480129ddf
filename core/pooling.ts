import { DeconvError } from "./errors.ts";
import { explicitPads, type Padding, type Pair, pair, positive } from "./geometry.ts";
import { type Axes, poolAxis, type PoolWindows } from "./windows.ts";

/** What a user says of pooling windows over pictures. */
export interface WindowOptions {
  /** Height and width of a window. Default 2. */
  poolSize?: Pair;
  /** Steps between windows. Default: `poolSize`. */
  strides?: Pair;
  /** Default `"valid"`. Explicit pads must be less than `poolSize`. */
  padding?: Padding;
}

/** What a user says of pooling windows over signals. */
export interface SignalWindowOptions {
  /** Length of a window. Default 2. */
  poolSize?: number;
  /** Steps between windows. Default: `poolSize`. */
  strides?: number;
  /** Default `"valid"`; or a count for both ends, or `[left, right]`, less than `poolSize`. */
  padding?: "same" | "valid" | number | readonly [number, number];
}

/** `WindowOptions` with everything said: what is saved. */
export type WindowConfig = {
  readonly poolSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: "same" | "valid" | readonly [number, number, number, number];
};

/** `SignalWindowOptions` with everything said. */
export type SignalWindowConfig = {
  readonly poolSize: number;
  readonly strides: number;
  readonly padding: "same" | "valid" | readonly [number, number];
};

/** Checks an option that is true or false. */
export function expectBoolean(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  throw new DeconvError(`${name} must be true or false; it is ${JSON.stringify(value)}`);
}

/** Refuses padding as wide as a window, which would hold nothing else. */
function checkPads(pads: string | readonly number[], poolSize: readonly number[]): void {
  if (typeof pads === "string") return;
  if (pads.every((pad, i) => pad < poolSize[i % poolSize.length])) return;
  throw new DeconvError(
    `padding (${pads.join(", ")}) must be less than poolSize (${
      poolSize.join(", ")
    }) on every side, or a window would see nothing else`,
  );
}

/**
 * Fills in and checks pooling options by themselves.
 *
 * @throws {DeconvError} Naming the option that is wrong.
 */
export function windowConfig(options: WindowOptions): WindowConfig {
  const poolSize = pair(options.poolSize ?? 2, "poolSize", 1);
  const strides = pair(options.strides ?? poolSize, "strides", 1);
  const padding = explicitPads(options.padding ?? "valid");
  checkPads(padding, poolSize);
  return { poolSize, strides, padding };
}

/**
 * The same for signals.
 *
 * @throws {DeconvError} Naming the option that is wrong.
 */
export function signalWindowConfig(options: SignalWindowOptions): SignalWindowConfig {
  const poolSize = positive(options.poolSize ?? 2, "poolSize");
  const strides = positive(options.strides ?? poolSize, "strides");
  const { padding = "valid" } = options;
  if (padding === "same" || padding === "valid") return { poolSize, strides, padding };
  const pads = typeof padding === "number" ? [padding, padding] : padding;
  const valid = Array.isArray(pads) && pads.length === 2 &&
    pads.every((p) => Number.isInteger(p) && p >= 0);
  if (!valid) {
    throw new DeconvError(
      `padding must be "same", "valid", a whole number of at least 0 or [left, right]; it is ${
        JSON.stringify(padding)
      }`,
    );
  }
  checkPads(pads, [poolSize]);
  return { poolSize, strides, padding: [pads[0], pads[1]] };
}

/** The same windows over pictures that are one pixel wide: signals are taken as such. */
export function columnWindows({ poolSize, strides, padding }: SignalWindowConfig): WindowConfig {
  return {
    poolSize: [poolSize, 1],
    strides: [strides, 1],
    padding: typeof padding === "string" ? padding : [padding[0], 0, padding[1], 0],
  };
}

/**
 * The windows along rows and columns of pictures of this size.
 *
 * Output size: `"same"` ⌈in/stride⌉; otherwise ⌊(in + pads − poolSize)/stride⌋ + 1.
 *
 * @throws {DeconvError} When no window fits in.
 */
export function poolWindows(
  size: readonly [number, number],
  { poolSize, strides, padding }: WindowConfig,
): readonly [PoolWindows, PoolWindows] {
  const along = (axis: 0 | 1): PoolWindows => {
    const pool = poolSize[axis], stride = strides[axis];
    if (padding === "same") {
      const out = Math.ceil(size[axis] / stride);
      const missing = Math.max((out - 1) * stride + pool - size[axis], 0);
      return { pool, stride, pad: Math.floor(missing / 2), out };
    }
    const [pad, after] = padding === "valid" ? [0, 0] : [padding[axis], padding[axis + 2]];
    const padded = size[axis] + pad + after, out = Math.floor((padded - pool) / stride) + 1;
    if (out < 1) {
      throw new DeconvError(
        `poolSize ${pool} does not fit in ${size[axis]}${
          pad + after ? ` padded to ${padded}` : ""
        }: use padding "same", smaller windows or larger inputs`,
      );
    }
    return { pool, stride, pad, out };
  };
  return [along(0), along(1)];
}

/** The same as axes of windows; `counted` as `poolAxis` has it. */
export function poolAxes(
  size: readonly [number, number],
  config: WindowConfig,
  counted = false,
): Axes {
  const [rows, columns] = poolWindows(size, config);
  return [poolAxis(size[0], rows, counted), poolAxis(size[1], columns, counted)];
}
