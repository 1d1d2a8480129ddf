/** DeepLIFT's multipliers: how much of a difference behind a layer each difference before it makes. */
import type { Layer } from "../../layer.ts";
import type { OneLayer } from "../one_layer.ts";
import { quadrature } from "../quadrature.ts";

/**
 * A layer in its place, with what went in and came out. All arrays hold the pictures first and then as
 * many references.
 */
export interface Placed {
  /** The layer. */
  readonly layer: Layer;
  /** A plan of it, for pictures and references together. */
  readonly run: OneLayer;
  /** What went in. */
  readonly inputs: readonly Float32Array[];
  /** What came out. */
  readonly output: Float32Array;
}

/** Differences below this are none: then the multiplier is the gradient. */
const NONE = 1e-6;

/** Layers whose output is a sum of shares of their input: the multiplier is the gradient anywhere. */
const AFFINE: readonly string[] = [
  "add",
  "average_pool1d",
  "average_pool2d",
  "batch_normalization",
  "concatenate",
  "conv1d",
  "conv1d_transpose",
  "conv2d",
  "conv2d_transpose",
  "cropping2d",
  "dense",
  "depth_to_space",
  "depthwise_conv1d",
  "depthwise_conv2d",
  "dropout",
  "embedding",
  "flatten",
  "gaussian_noise",
  "global_average_pool1d",
  "global_average_pool2d",
  "permute",
  "pool_switches2d",
  "reflection_padding2d",
  "reshape",
  "resize_conv2d",
  "resizing",
  "sampling",
  "separable_conv1d",
  "separable_conv2d",
  "space_to_depth",
  "spatial_dropout1d",
  "spatial_dropout2d",
  "spectral_normalization",
  "upsampling1d",
  "upsampling2d",
  "zero_padding2d",
];

const MAX_POOLS: readonly string[] = [
  "global_max_pool1d",
  "global_max_pool2d",
  "max_pool1d",
  "max_pool2d",
];

/** The halves of an array: of the pictures, and of the references. */
const halves = (all: Float32Array) =>
  [all.subarray(0, all.length / 2), all.subarray(all.length / 2)] as const;

/** An array twice, one after the other. */
function twice(half: Float32Array): Float32Array {
  const all = new Float32Array(2 * half.length);
  all.set(half);
  all.set(half, half.length);
  return all;
}

/**
 * The multipliers of a layer's inputs.
 *
 * @param dy Those of its output, of the pictures.
 */
export function inputMultipliers(placed: Placed, dy: Float32Array): Float32Array[] {
  const { kind, activation } = placed.layer;
  if (AFFINE.includes(kind)) return gradients(placed, twice(dy)).map((dx) => halves(dx)[0]);
  if (MAX_POOLS.includes(kind)) return [ofMaxPool(placed, dy)];
  if (kind === "max_unpool2d") return ofUnpool(placed, dy);
  const curve = kind === "prelu" || kind === "activation" && !activation.endsWith("softmax");
  return curve ? [ofCurve(placed, dy)] : alongTheLine(placed, dy);
}

/** Gradients of the inputs where they are; `dy` for pictures and references. */
function gradients({ run, inputs }: Placed, dy: Float32Array): Float32Array[] {
  run.forward(inputs);
  return run.backward(dy).map((dx) => dx.slice());
}

/** The rescale rule: Δy/Δx. */
function ofCurve(placed: Placed, dy: Float32Array): Float32Array {
  const [gradient] = gradients(placed, twice(dy)), [x, x0] = halves(placed.inputs[0]);
  const [y, y0] = halves(placed.output);
  return dy.map((v, i) => {
    const difference = x[i] - x0[i];
    return Math.abs(difference) < NONE ? gradient[i] : v * (y[i] - y0[i]) / difference;
  });
}

/**
 * Max pooling as in Captum and SHAP: what the maximum rose above the reference's belongs to where it
 * is now, what it fell to where it was.
 */
function ofMaxPool(placed: Placed, dy: Float32Array): Float32Array {
  const [y, y0] = halves(placed.output), [x, x0] = halves(placed.inputs[0]);
  const shares = new Float32Array(2 * dy.length), [rise, fall] = halves(shares);
  dy.forEach((v, i) => {
    const top = Math.max(y[i], y0[i]);
    rise[i] = v * (top - y0[i]);
    fall[i] = v * (y[i] - top);
  });
  const [risen, fallen] = halves(gradients(placed, shares)[0]);
  const [gradient] = gradients(placed, twice(dy));
  return x.map((v, i) => {
    const difference = v - x0[i];
    return Math.abs(difference) < NONE ? gradient[i] : (risen[i] + fallen[i]) / difference;
  });
}

/**
 * Unpooling: a value moves from where the reference's switch points to where its own does. The
 * whole difference that makes belongs to the value; switches get nothing.
 */
function ofUnpool(placed: Placed, dy: Float32Array): Float32Array[] {
  const [now, before] = halves(gradients(placed, twice(dy))[0]);
  const [x, x0] = halves(placed.inputs[0]);
  const values = x.map((v, i) => {
    const difference = v - x0[i];
    if (now[i] === before[i]) return now[i];
    return Math.abs(difference) < NONE
      ? (now[i] + before[i]) / 2
      : (now[i] * v - before[i] * x0[i]) / difference;
  });
  return [values, new Float32Array(values.length)];
}

/** Points on the line from the reference; two at a time, so an even number. */
const LINE = quadrature("gauss-legendre", 32);

/**
 * The mean gradient on the line from the reference to the picture (Aumann & Shapley 1974), for layers
 * that mix their inputs: exact for products, and for a curve it would be Δy/Δx again.
 */
function alongTheLine(placed: Placed, dy: Float32Array): Float32Array[] {
  const { inputs } = placed, both = twice(dy);
  const sums = inputs.map(({ length }) => new Float64Array(length / 2));
  const at = (input: Float32Array, t: number) => {
    const [x, x0] = halves(input);
    return x.map((v, i) => x0[i] + t * (v - x0[i]));
  };
  for (let k = 0; k < LINE.nodes.length; k += 2) {
    const points = inputs.map((input) => {
      const all = new Float32Array(input.length);
      all.set(at(input, LINE.nodes[k]));
      all.set(at(input, LINE.nodes[k + 1]), input.length / 2);
      return all;
    });
    gradients({ ...placed, inputs: points }, both).forEach((dx, input) => {
      const [first, second] = halves(dx), sum = sums[input];
      for (let i = 0; i < sum.length; i++) {
        sum[i] += LINE.weights[k] * first[i] + LINE.weights[k + 1] * second[i];
      }
    });
  }
  return sums.map((sum) => Float32Array.from(sum));
}

/**
 * The multipliers of what a target looks at: the mean of its gradient on the line from the reference.
 *
 * @param gradient Its gradient at a value.
 */
export function endMultipliers(
  y: Float32Array,
  y0: Float32Array,
  gradient: (at: Float32Array) => Float32Array,
): Float32Array {
  const sum = new Float64Array(y.length);
  LINE.nodes.forEach((t, k) => {
    const at = y.map((v, i) => y0[i] + t * (v - y0[i]));
    gradient(at).forEach((v, i) => sum[i] += LINE.weights[k] * v);
  });
  return Float32Array.from(sum);
}
