import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import type { Model } from "../model.ts";
import { random } from "../random.ts";
import { submodel } from "../submodel.ts";
import { sameShape, shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { ascent } from "./ascent.ts";
import { type ColorMatrix, defaultColors } from "./feature_visualization/colors.ts";
import { likeness } from "./feature_visualization/diversity.ts";
import { fourierBasis, pixelBasis } from "./feature_visualization/fourier.ts";
import { distanceFrom, totalVariation } from "./feature_visualization/smoothness.ts";
import {
  drawLook,
  lookAt,
  sample,
  sampleAdjoint,
  type Transformations,
} from "./feature_visualization/transform.ts";
import { resolveTarget, type Target } from "./target.ts";
import { unfuse } from "./unfuse.ts";

/** Options of `featureVisualization`. */
export interface FeatureVisualizationOptions {
  /**
   * What is to be large: a unit, channel or layer, a class, a direction (`activationDirection`), a whole
   * layer (`wholeLayer`), anything. Before an activation (`"name/linear"`) it has a slope everywhere, and
   * pictures can start from where the unit is silent.
   */
  target: Target;
  /** Pictures. Default 1. */
  count?: number;
  /** Steps of Adam. Default 256. */
  steps?: number;
  /** Adam's learning rate. Default 0.05. */
  learningRate?: number;
  /** Decides the noise at the start and how pictures are moved. Default 0. */
  seed?: number;
  /** What is learned: a spectrum with frequencies on an equal footing, or pixels. Default `"fourier"`. */
  parametrization?: "fourier" | "pixels";
  /** How colours go together (`colorCorrelation` of data), or `"plain"`. Default ImageNet's for three channels. */
  colors?: ColorMatrix | "plain";
  /** Values of pictures, black and white. Default `[0, 1]`. */
  range?: readonly [low: number, high: number];
  /** How they are moved about at every step; false for not at all. */
  transformations?: Transformations | false;
  /**
   * How much it counts that pictures are unlike each other, in units of the target: with 1, pictures all
   * the same count as nothing. Default 0.
   */
  diversity?: number;
  /** Layer by whose activations they are compared. Default: where the target looks. */
  diversityLayer?: string;
  /** How much total variation counts against a picture, in units of the target. Default 0. */
  totalVariation?: number;
  /** How much its mean squared distance from the middle of the range does. Default 0. */
  l2?: number;
  /** Pictures to start from, `[count, …inputShape]`. Default: gray with a little noise. */
  start?: Tensor;
  /** Called after each step with the mean of the target's values. */
  onStep?: (step: number, value: number) => void;
}

/** Pictures that make a target large. */
export interface FeatureVisualization {
  /** `[count, …inputShape]`. */
  readonly pictures: Tensor;
  /** The target's value of each, looked at straight. */
  readonly values: readonly number[];
  /** The mean value at every step, of moved pictures. */
  readonly history: readonly number[];
}

/** Standard deviation of the numbers that pictures start with. */
const NOISE = 0.01;
/** By which Lucid divides what a spectrum makes, so that steps of 0.05 are of the right size. */
const CALM = 4;
/** How far a start may go towards black and white, where nothing could move it any more. */
const EDGE = 0.01;

/** The network up to the target, and where diversity looks: two outputs, or one for both. */
function observed(model: Model, part: Model, layer: string | undefined): Model {
  const end = part.graph.nodes[part.graph.nodes.length - 1]?.layer.name;
  if (layer === undefined || layer === end || end === undefined) return part;
  return submodel(unfuse(model), { to: [end, layer] });
}

/**
 * Pictures that make a target large, found by climbing from noise (Erhan et al. 2009; Simonyan et al. 2013)
 * as Olah, Mordvintsev & Schubert do ("Feature Visualization", Distill 2017; Lucid): what is learned is a
 * spectrum scaled by 1/f in colours that are uncorrelated, squashed to the range by a sigmoid; at every step
 * the picture is shifted, enlarged and turned at random. A picture is a piece of a larger canvas, so that
 * edges need not be looked at. The same seed gives the same pictures.
 *
 * @param model A network with one input, pictures `[height, width, channels]`.
 * @throws {DeconvError} When the network takes something else, the target is a class without a number, or
 * an option is out of range.
 *
 * @example
 * ```ts
 * import { featureVisualization, preset } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const { pictures, values } = featureVisualization(net, {
 *   target: { kind: "unit", layer: "conv2", channel: 5 },
 *   steps: 8,
 *   count: 2,
 *   diversity: 0.5,
 * });
 * console.log(pictures.shape, values.length); // [2, 32, 32, 3] 2
 * ```
 */
export function featureVisualization(
  model: Model,
  options: FeatureVisualizationOptions,
): FeatureVisualization {
  const { target, count = 1, steps = 256, learningRate = 0.05, seed = 0, start } = options;
  const { parametrization = "fourier", range: [low, high] = [0, 1], onStep } = options;
  const { diversity = 0, diversityLayer, totalVariation: variation = 0, l2 = 0 } = options;
  const [height, width, channels] = pictureShape(model);
  positive(count, "count");
  positive(steps, "steps");
  checkOptions(options, model.inputShape, count);
  const moves = movesOf(options.transformations, Math.min(height, width));
  const margin = moves ? moves.jitter! : 0, canvas = { height, width, margin };
  const rows = height + 2 * margin, columns = width + 2 * margin, pixels = rows * columns;
  const basis = (parametrization === "pixels" ? pixelBasis : fourierBasis)(rows, columns);
  const divisor = parametrization === "pixels" ? 1 : CALM;
  const colors = options.colors === "plain" ? null : options.colors ?? defaultColors(channels);
  if (colors && colors.channels !== channels) {
    throw new DeconvError(
      `colors are of ${colors.channels} channels, and pictures have ${channels}`,
    );
  }

  const shape = [count, height, width, channels], batch = new Float32Array(sizeOf(shape));
  const x: Tensor = { shape, data: batch };
  const resolved = resolveTarget(model, x, target);
  const network = observed(model, resolved.model, diversity ? diversityLayer : undefined);
  const [input] = network.graph.inputNames;
  const draws = random(seed, "feature visualization");

  // Numbers of all pictures, component by component of the colours.
  const per = channels * basis.size, numbers = new Float64Array(count * per);
  numbers.forEach((_, i) => numbers[i] = NOISE * draws.normal(0, i));
  const base = start ? baseOf(start, canvas, [low, high]) : null;
  const climb = ascent(numbers.length, learningRate);
  const canvases = Array.from({ length: count }, () => new Float64Array(pixels * channels));

  /** Paints every canvas from its numbers. */
  const paint = () => {
    canvases.forEach((painted, n) => {
      const planes = Array.from({ length: channels }, (_, j) => {
        const from = n * per + j * basis.size;
        return basis.pixels(numbers.subarray(from, from + basis.size));
      });
      for (let p = 0; p < pixels; p++) {
        for (let i = 0; i < channels; i++) {
          let raw = base ? base[(n * pixels + p) * channels + i] : 0;
          if (!colors) raw += planes[i][p] / divisor;
          else {for (let j = 0; j < channels; j++) {
              raw += colors.values[i * channels + j] * planes[j][p] / divisor;
            }}
          painted[p * channels + i] = low + (high - low) / (1 + Math.exp(-raw));
        }
      }
    });
  };
  /** The gradient with respect to numbers from that with respect to canvases. */
  const numbersGradient = (gradients: readonly Float64Array[]) => {
    const result = new Float64Array(numbers.length);
    gradients.forEach((gradient, n) => {
      const planes = Array.from({ length: channels }, () => new Float64Array(pixels));
      for (let p = 0; p < pixels; p++) {
        for (let i = 0; i < channels; i++) {
          const part = (canvases[n][p * channels + i] - low) / (high - low);
          const raw = gradient[p * channels + i] * (high - low) * part * (1 - part) / divisor;
          if (!colors) planes[i][p] += raw;
          else {for (let j = 0; j < channels; j++) {
              planes[j][p] += colors.values[i * channels + j] * raw;
            }}
        }
      }
      planes.forEach((plane, j) => result.set(basis.adjoint(plane), n * per + j * basis.size));
    });
    return result;
  };

  const size = height * width * channels, history: number[] = [];
  const indices = Array.from({ length: count }, (_, i) => i);
  for (let step = 0; step < steps; step++) {
    paint();
    const looks = canvases.map((painted, n) => {
      const look = moves ? drawLook(canvas, moves, draws, step + 1, n) : lookAt(canvas, {});
      sample(look, painted, channels, batch.subarray(n * size, (n + 1) * size));
      return look;
    });
    let values: readonly number[] = [], unit = 0;
    const { [input]: { gradient } } = network.gradients(x, {
      of: [input],
      dy: (outputs) => {
        const found = resolved.evaluate(outputs[0], indices);
        values = found.values;
        unit = Math.max(1e-6, values.reduce((sum, value) => sum + Math.abs(value), 0) / count);
        if (!diversity) return found.gradient;
        const seen = outputs[outputs.length - 1], alike = likeness(seen);
        const away = alike.gradient.map((slope) => -diversity * unit * count * slope);
        if (outputs.length > 1) return [found.gradient, { shape: seen.shape, data: away }];
        found.gradient.data.forEach((slope, i) => away[i] += slope);
        return { shape: seen.shape, data: away };
      },
    });
    const gradients = looks.map((look, n) => {
      const result = new Float64Array(pixels * channels);
      sampleAdjoint(look, gradient.data.subarray(n * size, (n + 1) * size), channels, result);
      if (variation) {
        totalVariation(canvases[n], [rows, columns, channels], -variation * unit, result);
      }
      if (l2) distanceFrom(canvases[n], (low + high) / 2, -l2 * unit, result);
      return result;
    });
    climb.step(numbers, numbersGradient(gradients));
    history.push(values.reduce((sum, value) => sum + value, 0) / count);
    onStep?.(step, history[step]);
  }
  paint();
  canvases.forEach((painted, n) =>
    sample(lookAt(canvas, {}), painted, channels, batch.subarray(n * size, (n + 1) * size))
  );
  const { values } = resolved.evaluate(resolved.model.predict(x), indices);
  return { pictures: x, values, history };
}

/** Checks that a network takes pictures. */
function pictureShape({ inputShapes, name }: Model): readonly number[] {
  if (inputShapes.length === 1 && inputShapes[0].length === 3) return inputShapes[0];
  throw new DeconvError(
    `Cannot make pictures for ${name}: it takes ${
      inputShapes.map(shapeText).join(" and ")
    }, and one input of pictures [height,width,channels] is needed`,
  );
}

function checkOptions(
  { target, parametrization = "fourier", range: [low, high] = [0, 1], start }:
    FeatureVisualizationOptions,
  shape: readonly number[],
  count: number,
): void {
  if (parametrization !== "fourier" && parametrization !== "pixels") {
    throw new DeconvError(
      `There is no parametrization "${parametrization}"; there are fourier, pixels`,
    );
  }
  if (!(high > low)) {
    throw new DeconvError(`range must be from a lower to a higher value; it is ${low}, ${high}`);
  }
  const kind = typeof target === "function" ? "" : target.kind;
  if (kind === "class" && (target as { index?: unknown }).index === undefined) {
    throw new DeconvError(
      'A class to make a picture of needs its number: target { kind: "class", index }',
    );
  }
  if (start && !sameShape(start.shape, [count, ...shape])) {
    throw new DeconvError(
      `start must be of shape ${shapeText([count, ...shape])}; it is ${shapeText(start.shape)}`,
    );
  }
}

function movesOf(given: Transformations | false | undefined, side: number): Transformations | null {
  if (given === false) return null;
  const { jitter = Math.round(side / 8), scale = [0.9, 1.1], rotation = 10 } = given ?? {};
  if (!Number.isInteger(jitter) || jitter < 0) {
    throw new DeconvError(`jitter must be a whole number of at least 0; it is ${jitter}`);
  }
  if (!(scale[0] > 0 && scale[1] >= scale[0])) {
    throw new DeconvError(`scale must be two factors above 0, the smaller first; it is ${scale}`);
  }
  if (!(rotation >= 0)) {
    throw new DeconvError(`rotation must be at least 0 degrees; it is ${rotation}`);
  }
  return { jitter, scale, rotation };
}

/** What the sigmoid makes the start of, on canvases with a margin of its edge pixels. */
function baseOf(
  { shape: [count, height, width, channels], data }: Tensor,
  { margin }: { margin: number },
  [low, high]: readonly [number, number],
): Float64Array {
  const rows = height + 2 * margin, columns = width + 2 * margin;
  const within = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  const result = new Float64Array(count * rows * columns * channels);
  for (let i = 0; i < result.length; i++) {
    const pixel = Math.floor(i / channels), y = Math.floor(pixel / columns) % rows;
    const row = within(y - margin, height), column = within(pixel % columns - margin, width);
    const n = Math.floor(pixel / (rows * columns));
    const value = data[((n * height + row) * width + column) * channels + i % channels];
    const part = Math.min(1 - EDGE, Math.max(EDGE, (value - low) / (high - low)));
    result[i] = Math.log(part / (1 - part));
  }
  return result;
}
