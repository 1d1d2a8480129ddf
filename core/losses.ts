import type { Block } from "./block.ts";
import { DeconvError } from "./errors.ts";
import type { Config } from "./layer.ts";
import { sameShape, type Shape, shapeText, sizeOf, type Tensor } from "./tensor.ts";
import { reserveSums } from "./wasm/elementwise.ts";
import { runtime } from "./wasm/runtime.ts";

/** Names of losses. */
export type LossName =
  | "binary_crossentropy"
  | "categorical_crossentropy"
  | "sparse_categorical_crossentropy"
  | "mse"
  | "mae"
  | "huber";

/** A loss by name, or with its options. */
export type Loss = LossName | {
  kind: LossName;
  /** Cross-entropies: whether the outputs are logits rather than probabilities. Default false. */
  fromLogits?: boolean;
  /** Cross-entropies: 0 … 1, how far targets are drawn to uniform. Default 0. */
  labelSmoothing?: number;
  /** Huber: where the parabola becomes a line. Default 1. */
  delta?: number;
};

/** A loss with everything said. */
export type LossConfig = Config & {
  kind: LossName;
  fromLogits: boolean;
  labelSmoothing: number;
  delta: number;
};

/** All names, for messages. */
export const LOSSES: readonly LossName[] = [
  "binary_crossentropy",
  "categorical_crossentropy",
  "sparse_categorical_crossentropy",
  "mse",
  "mae",
  "huber",
];

/**
 * Fills in a loss.
 *
 * @throws {DeconvError} For an unknown name (the message lists the known) or an option out of range.
 */
export function lossConfig(loss: Loss): LossConfig {
  const given = typeof loss === "string" ? { kind: loss } : loss;
  const { kind, fromLogits = false, labelSmoothing = 0, delta = 1 } = given;
  if (!LOSSES.includes(kind)) {
    throw new DeconvError(`There is no loss "${kind}"; there are ${LOSSES.join(", ")}`);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new DeconvError(`labelSmoothing must be a number from 0 to 1; it is ${labelSmoothing}`);
  }
  if (!(delta > 0)) throw new DeconvError(`delta must be a number above 0; it is ${delta}`);
  const crossentropy = kind.endsWith("crossentropy");
  if ((fromLogits || labelSmoothing) && !crossentropy) {
    throw new DeconvError(`The loss "${kind}" has no fromLogits and no labelSmoothing`);
  }
  return { kind, fromLogits, labelSmoothing, delta };
}

/** Numbers of the elementwise losses in assembly/loss.ts. */
const ELEMENTWISE = { mse: 0, mae: 1, huber: 2, binary_crossentropy: 3 };

/**
 * Shape that targets for this output must have, batch first: the output's own; for
 * `sparse_categorical_crossentropy` the output's without its last axis, one class number each.
 */
export function targetShape(loss: LossConfig, output: Shape): Shape {
  return loss.kind === "sparse_categorical_crossentropy" ? output.slice(0, -1) : output;
}

/**
 * Whether the loss can be taken together with the activation that ends the network: the gradient
 * before a sigmoid is then y − t, exact even where the sigmoid is flat.
 */
export function fusesWith(loss: LossConfig, activation: string | undefined): boolean {
  if (loss.fromLogits) return false;
  if (loss.kind === "binary_crossentropy") return activation === "sigmoid";
  return loss.kind.endsWith("categorical_crossentropy") && activation === "softmax";
}

/**
 * Checks targets against an output.
 *
 * @throws {DeconvError} When the shape does not fit, or a class number is out of range.
 */
export function checkTargets(loss: LossConfig, output: Shape, shape: Shape, data: Float32Array) {
  const wanted = targetShape(loss, output);
  const sparse = loss.kind === "sparse_categorical_crossentropy";
  const column = sparse && sameShape(shape, [...wanted, 1]);
  if (!sameShape(shape, wanted) && !column) {
    throw new DeconvError(
      `The loss ${loss.kind} needs targets of shape ${shapeText(wanted)} for an output of shape ${
        shapeText(output)
      }, and they are ${shapeText(shape)}`,
    );
  }
  if (!sparse) return;
  const classes = output[output.length - 1];
  const wrong = data.findIndex((label) =>
    !(Number.isInteger(label) && label >= 0 && label < classes)
  );
  if (wrong >= 0) {
    throw new DeconvError(
      `Target ${wrong} is ${
        data[wrong]
      }, which is not a class: the network has ${classes}, numbered from 0`,
    );
  }
}

/**
 * The mean loss of a batch and, where `gradient` is given, its gradient with respect to the output.
 *
 * Elementwise losses are means over every element, categorical ones over the rows (all axes but the
 * last). `binary_crossentropy` −t·ln y − (1−t)·ln(1−y), y kept 1e-7 from 0 and 1; categorical −Σ t·ln y;
 * `mse` (y−t)²; `mae` |y−t|; `huber` ½d² up to delta, delta(|d| − ½delta) beyond.
 *
 * @param fused Whether the gradient wanted is the one before the network's last activation.
 */
export function computeLoss(
  loss: LossConfig,
  output: { shape: Shape; data: Block },
  target: Block,
  gradient: Block | null,
  { fused = false, weight = 1 }: { fused?: boolean; weight?: number } = {},
): number {
  const { kind, fromLogits, labelSmoothing, delta } = loss;
  const { shape, data } = output;
  const to = gradient?.address ?? 0;
  const r = runtime();
  reserveSums(data.length);
  if (kind === "categorical_crossentropy" || kind === "sparse_categorical_crossentropy") {
    const width = shape[shape.length - 1], rows = sizeOf(shape) / width;
    r.reserve(0, 8 * Math.ceil(rows / 64) + 8);
    const form = fused ? 2 : fromLogits ? 1 : 0;
    const number = 2 * form + (kind === "sparse_categorical_crossentropy" ? 1 : 0);
    const places = [data.address, target.address, to];
    const scale = weight / rows;
    return r.call("loss_categorical", number, rows, width, labelSmoothing, scale, ...places) / rows;
  }
  const number = ELEMENTWISE[kind] +
    (kind === "binary_crossentropy" ? (fused ? 2 : fromLogits ? 1 : 0) : 0);
  const parameter = kind === "huber" ? delta : labelSmoothing;
  const places = [data.address, target.address, to];
  const n = data.length;
  return r.call("loss_elementwise", number, n, parameter, weight / n, ...places) / n;
}

/**
 * How far normal distributions are from the standard normal one: ½Σ(μ² + eˡ − 1 − l), summed over the
 * latent axis and averaged over the batch, with its gradients (Kingma & Welling 2014, appendix B).
 *
 * @param mean,logVariance Of shape `[batch, latent]`.
 * @throws {DeconvError} When the shapes differ.
 *
 * @example
 * ```ts
 * import { klStandardNormal, zeros } from "@deconv/deconv";
 * console.log(klStandardNormal(zeros([4, 8]), zeros([4, 8])).loss); // 0
 * ```
 */
export function klStandardNormal(
  mean: Tensor,
  logVariance: Tensor,
): { loss: number; meanGradient: Tensor; logVarianceGradient: Tensor } {
  if (!sameShape(mean.shape, logVariance.shape)) {
    throw new DeconvError(
      `Mean ${shapeText(mean.shape)} and log variance ${
        shapeText(logVariance.shape)
      } must have the same shape`,
    );
  }
  const r = runtime(), n = sizeOf(mean.shape), batch = mean.shape[0];
  const blocks = Array.from({ length: 4 }, () => r.allocate(n));
  blocks[0].view.set(mean.data);
  blocks[1].view.set(logVariance.data);
  reserveSums(n);
  const total = r.call("loss_kl", n, 1 / batch, ...blocks.map((block) => block.address));
  const [meanGradient, logVarianceGradient] = blocks.slice(2).map((block) => ({
    shape: mean.shape,
    data: block.view.slice(),
  }));
  blocks.forEach((block) => r.release(block));
  return { loss: total / batch, meanGradient, logVarianceGradient };
}
