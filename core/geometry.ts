import { DeconvError } from "./errors.ts";

/** One number for both directions, or `[vertical, horizontal]`. */
export type Pair = number | readonly [number, number];

/**
 * How a picture is padded with zeros: `"same"` and `"valid"` as in Keras, or explicit counts:
 * one for all sides, `[vertical, horizontal]`, or `[top, left, bottom, right]`.
 */
export type Padding =
  | "same"
  | "valid"
  | number
  | readonly [number, number]
  | readonly [number, number, number, number];

/** What a user says of a convolution, transposed or not. */
export interface ConvOptions {
  /** Kernel height and width. */
  kernelSize: Pair;
  /** Steps between output pixels (input pixels, when transposed). Default 1. */
  strides?: Pair;
  /** Default `"valid"`. */
  padding?: Padding;
  /** Distance between kernel taps. Default 1. */
  dilationRate?: Pair;
  /** Independent groups the channels are split into. Default 1. */
  groups?: number;
}

/**
 * The geometry of one convolution and its two gradients, validated once.
 *
 * A transposed convolution has the geometry of the convolution it is the input gradient of: its
 * output is this geometry's input.
 */
export interface ConvGeometry {
  /** Pictures. */
  readonly batch: number;
  /** `[height, width, channels]` of the convolution's input. */
  readonly input: readonly [number, number, number];
  /** `[height, width, channels]` of the convolution's output. */
  readonly output: readonly [number, number, number];
  /** Kernel height and width. */
  readonly kernel: readonly [number, number];
  /** Vertical and horizontal stride. */
  readonly strides: readonly [number, number];
  /** Zero rows above and zero columns left of the input. */
  readonly padStart: readonly [number, number];
  /** Zero rows below and zero columns right of the input; negative where the last pixels are not read. */
  readonly padEnd: readonly [number, number];
  /** Vertical and horizontal distance between taps. */
  readonly dilations: readonly [number, number];
  /** Groups. */
  readonly groups: number;
}

/** Makes a pair of a number or a pair, each a whole number of at least `least`. */
export function pair(value: Pair, name: string, least: number): [number, number] {
  const both: readonly number[] = typeof value === "number" ? [value, value] : value;
  const valid = Array.isArray(both) && both.length === 2 &&
    both.every((v) => Number.isInteger(v) && v >= least);
  if (!valid) {
    throw new DeconvError(
      `${name} must be a whole number of at least ${least}, or two of them; it is ${
        JSON.stringify(value)
      }`,
    );
  }
  return [both[0], both[1]];
}

/** Checks a count such as `filters`. */
export function positive(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new DeconvError(`${name} must be a whole number of at least 1; it is ${value}`);
  }
  return value;
}

/** One count for all sides, `[vertical, horizontal]` or four as `[top, left, bottom, right]`; null where they are none. */
export function fourSides(value: unknown): [number, number, number, number] | null {
  const sides = typeof value === "number"
    ? [value, value, value, value]
    : Array.isArray(value) && value.length === 2
    ? [value[0], value[1], value[0], value[1]]
    : value;
  const valid = Array.isArray(sides) && sides.length === 4 &&
    sides.every((side) => Number.isInteger(side) && side >= 0);
  return valid ? [sides[0], sides[1], sides[2], sides[3]] : null;
}

/** Explicit pads as `[top, left, bottom, right]`, or the word itself. */
export function explicitPads(
  padding: Padding,
): "same" | "valid" | [number, number, number, number] {
  if (padding === "same" || padding === "valid") return padding;
  const pads = fourSides(padding);
  if (!pads) {
    throw new DeconvError(
      `padding must be "same", "valid", a whole number of at least 0, [vertical, horizontal] or [top, left, bottom, right]; it is ${
        JSON.stringify(padding)
      }`,
    );
  }
  return pads;
}

/** The parts of a geometry that do not depend on the picture, checked. */
interface Checked {
  kernel: [number, number];
  strides: [number, number];
  dilations: [number, number];
  groups: number;
  pads: "same" | "valid" | [number, number, number, number];
  /** Height and width that the dilated kernel covers. */
  extent: [number, number];
}

/**
 * Checks the options by themselves.
 *
 * @throws {DeconvError} Naming the option that is wrong.
 */
export function checkConvOptions(options: ConvOptions): Checked {
  const kernel = pair(options.kernelSize, "kernelSize", 1);
  const strides = pair(options.strides ?? 1, "strides", 1);
  const dilations = pair(options.dilationRate ?? 1, "dilationRate", 1);
  const groups = positive(options.groups ?? 1, "groups");
  const extent = [0, 1].map((i) => (kernel[i] - 1) * dilations[i] + 1) as [number, number];
  return {
    kernel,
    strides,
    dilations,
    groups,
    pads: explicitPads(options.padding ?? "valid"),
    extent,
  };
}

function checkChannels(channels: number, filters: number, groups: number): void {
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw new DeconvError(
      `groups (${groups}) must divide both the input's channels (${channels}) and filters (${filters})`,
    );
  }
}

/** What to say of a kernel that is larger than its picture, or a row longer than one of a single row. */
function misfit(
  input: readonly [number, number, number],
  kernel: readonly number[],
  extent: readonly number[],
  padded: number,
): string {
  const row = input[0] === 1 && kernel[0] === 1;
  const size = ([height, width]: readonly number[]) => row ? `${width}` : `${height}x${width}`;
  const dilated = extent.some((reach, i) => reach > kernel[i]);
  return `kernelSize ${size(kernel)}${dilated ? ` (${size(extent)} with dilationRate)` : ""}` +
    ` does not fit in a ${row ? "length" : "picture"} of ${size(input)}` +
    `${
      padded ? ` padded to ${padded}` : ""
    }: use padding "same", a smaller kernel or a larger input`;
}

/**
 * The geometry of a convolution of pictures `[height, width, channels]` to `filters` channels.
 *
 * Output size: `"same"` ⌈in/stride⌉; otherwise ⌊(in + pads − dilation·(kernel−1) − 1)/stride⌋ + 1.
 *
 * @throws {DeconvError} When an option is wrong or the kernel does not fit in the padded picture.
 */
export function convGeometry(
  input: readonly [number, number, number],
  filters: number,
  options: ConvOptions,
  batch = 1,
): ConvGeometry {
  const { kernel, strides, dilations, groups, pads, extent } = checkConvOptions(options);
  checkChannels(input[2], positive(filters, "filters"), groups);
  const padStart: [number, number] = [0, 0], padEnd: [number, number] = [0, 0];
  const size = [0, 1].map((i) => {
    if (pads === "same") {
      const out = Math.ceil(input[i] / strides[i]);
      const total = Math.max((out - 1) * strides[i] + extent[i] - input[i], 0);
      padStart[i] = Math.floor(total / 2);
    } else if (pads !== "valid") {
      padStart[i] = pads[i];
      padEnd[i] = pads[i + 2];
    }
    const padded = input[i] + padStart[i] + padEnd[i];
    if (pads !== "same" && padded < extent[i]) {
      throw new DeconvError(misfit(input, kernel, extent, pads === "valid" ? 0 : padded));
    }
    const out = pads === "same"
      ? Math.ceil(input[i] / strides[i])
      : Math.floor((padded - extent[i]) / strides[i]) + 1;
    padEnd[i] = (out - 1) * strides[i] + extent[i] - input[i] - padStart[i];
    return out;
  });
  return {
    batch,
    input,
    output: [size[0], size[1], filters],
    kernel,
    strides,
    padStart,
    padEnd,
    dilations,
    groups,
  };
}

/**
 * The geometry of a transposed convolution of pictures `[height, width, channels]` to `filters`
 * channels: that of the convolution whose input gradient it is.
 *
 * Output size: `"same"` in·stride and `"valid"` in·stride + max(extent − stride, 0), as in Keras and
 * TensorFlow; with `outputPadding`, or explicit pads,
 * (in−1)·stride − pads + dilation·(kernel−1) + 1 + outputPadding, as in PyTorch and ONNX.
 *
 * @throws {DeconvError} When an option is wrong or nothing is left of the output.
 */
export function convTransposeGeometry(
  input: readonly [number, number, number],
  filters: number,
  options: ConvOptions & { outputPadding?: Pair },
  batch = 1,
): ConvGeometry {
  const { kernel, strides, dilations, groups, pads, extent } = checkConvOptions(options);
  checkChannels(input[2], positive(filters, "filters"), groups);
  const extra = options.outputPadding === undefined
    ? undefined
    : pair(options.outputPadding, "outputPadding", 0);
  extra?.forEach((e, i) => {
    if (e >= strides[i]) {
      throw new DeconvError(
        `outputPadding (${e}) must be smaller than strides (${strides[i]})`,
      );
    }
  });
  const padStart: [number, number] = [0, 0], padEnd: [number, number] = [0, 0];
  const size = [0, 1].map((i) => {
    const full = (input[i] - 1) * strides[i] + extent[i];
    let out: number;
    if (pads === "same" || pads === "valid") {
      const cut = pads === "same" ? 2 * Math.floor(extent[i] / 2) : 0;
      if (extra) out = full - cut + extra[i];
      else if (pads === "same") out = input[i] * strides[i];
      else out = input[i] * strides[i] + Math.max(extent[i] - strides[i], 0);
      padStart[i] = pads === "same" ? Math.floor(Math.max(full - out, 0) / 2) : 0;
    } else {
      out = full - pads[i] - pads[i + 2] + (extra?.[i] ?? 0);
      padStart[i] = pads[i];
    }
    if (out < 1) {
      throw new DeconvError(
        `padding (${
          typeof pads === "string" ? `"${pads}"` : `${pads[i]} and ${pads[i + 2]}`
        }) leaves nothing of the ${full} values that a transposed convolution makes of ${input[i]}`,
      );
    }
    padEnd[i] = full - out - padStart[i];
    return out;
  });
  return {
    batch,
    input: [size[0], size[1], filters],
    output: input,
    kernel,
    strides,
    padStart,
    padEnd,
    dilations,
    groups,
  };
}

/**
 * Prints a geometry in the style of oneDNN's benchdnn, e.g. `n64h32w32c64_r3s3k128_t1p1d1g1`: one
 * string is test name, benchmark input and line to repeat a failure. Pairs that differ print as `1x2`;
 * `p` is the padding above and left.
 */
export function describeGeometry(g: ConvGeometry): string {
  const two = ([a, b]: readonly [number, number]) => a === b ? `${a}` : `${a}x${b}`;
  return `n${g.batch}h${g.input[0]}w${g.input[1]}c${g.input[2]}` +
    `_r${g.kernel[0]}s${g.kernel[1]}k${g.output[2]}` +
    `_t${two(g.strides)}p${two(g.padStart)}d${two(g.dilations)}g${g.groups}`;
}

/** Multiply-adds of one pass over a geometry, counted as two flops each, padding included. */
export function convFlops(g: ConvGeometry): number {
  const [height, width, filters] = g.output;
  return 2 * g.batch * height * width * filters * g.kernel[0] * g.kernel[1] * g.input[2] / g.groups;
}
