import { DeconvError } from "./errors.ts";
import type { LossConfig } from "./losses.ts";
import type { Shape } from "./tensor.ts";

/** Names of metrics. */
export type MetricName = "accuracy" | "mse" | "mae" | "psnr";

/** All names, for messages. */
export const METRICS: readonly MetricName[] = ["accuracy", "mse", "mae", "psnr"];

/** A running mean of a metric over batches. */
export interface MetricTotal {
  /** Adds a batch. */
  add(output: Float32Array, target: Float32Array, shape: Shape): void;
  /** The metric over everything added; NaN before anything is. */
  value(): number;
}

/**
 * Starts a metric at zero. `accuracy` means what it means in Keras for the loss it stands beside: the
 * share of rows whose largest output is the right class for categorical losses, the share of values
 * on the right side of ½ otherwise. `psnr` is 10·log₁₀(1/mse) in dB for values in 0 … 1.
 *
 * @throws {DeconvError} For an unknown name; the message lists the known.
 */
export function startMetric(name: MetricName, loss: LossConfig): MetricTotal {
  if (!METRICS.includes(name)) {
    throw new DeconvError(`There is no metric "${name}"; there are ${METRICS.join(", ")}`);
  }
  let sum = 0, count = 0;
  const add = (value: number, of: number) => {
    sum += value;
    count += of;
  };
  if (name === "accuracy") {
    const sparse = loss.kind === "sparse_categorical_crossentropy";
    const categorical = sparse || loss.kind === "categorical_crossentropy";
    return {
      add: (output, target, shape) =>
        categorical
          ? add(...rightClasses(output, target, shape[shape.length - 1], sparse))
          : add(rightSides(output, target, loss.fromLogits ? 0 : 0.5), output.length),
      value: () => sum / count,
    };
  }
  const power = name === "mae" ? 1 : 2;
  return {
    add: (output, target) => {
      let total = 0;
      for (let i = 0; i < output.length; i++) {
        const d = output[i] - target[i];
        total += power === 2 ? d * d : Math.abs(d);
      }
      add(total, output.length);
    },
    value: () => name === "psnr" ? 10 * Math.log10(count / sum) : sum / count,
  };
}

/** How many rows have their largest output at the right class, and how many rows there are. */
function rightClasses(
  output: Float32Array,
  target: Float32Array,
  width: number,
  sparse: boolean,
): [number, number] {
  const rows = output.length / width;
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const best = largest(output, row * width, width);
    const wanted = sparse ? target[row] : largest(target, row * width, width);
    if (best === wanted) right++;
  }
  return [right, rows];
}

function largest(values: Float32Array, from: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (values[from + i] > values[from + best]) best = i;
  return best;
}

function rightSides(output: Float32Array, target: Float32Array, threshold: number): number {
  let right = 0;
  for (let i = 0; i < output.length; i++) {
    if (output[i] > threshold === target[i] > 0.5) right++;
  }
  return right;
}
