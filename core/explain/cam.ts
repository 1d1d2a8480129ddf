/** What class activation maps share: the layer they lie in, and maps made of its channels. */
import { DeconvError } from "../errors.ts";
import { type Pair, pair } from "../geometry.ts";
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { type Shape, shapeText, type Tensor } from "../tensor.ts";
import { type ExplainOptions, gradientsIn } from "./gradient.ts";
import { resizedPlane } from "./resize.ts";
import { planeOf } from "./segments.ts";
import { inputsOf, type ResolvedTarget, resolveTarget } from "./target.ts";
import { unfuse } from "./unfuse.ts";
import { pictureOf } from "./variants.ts";

/** Options of class activation maps. */
export interface CamOptions extends Omit<ExplainOptions, "of"> {
  /**
   * Name of the layer whose channels are mixed. Default: the last one with a height and a width that
   * neither pools nor drops out. A network that makes pictures has no such: name the layer.
   */
  layer?: string;
  /** Makes the map as large as the first input (`true`), or so high and wide; bilinear. Default: as the layer. */
  resize?: boolean | Pair;
  /** Whether negative numbers of the map become 0, as the papers show it. Default true. */
  relu?: boolean;
}

/** The channels of a layer for each picture. */
export interface Channels {
  /** What the layer makes, `[pictures, height, width, channels]`. */
  readonly output: Tensor;
  /** The target's gradient with respect to it. */
  readonly gradient: Tensor;
  /** The target's value for each picture. */
  readonly values: readonly number[];
  /** The target. */
  readonly resolved: ResolvedTarget;
}

const hasSpace = (shape: Shape) =>
  shape.length > 1 && shape.slice(0, -1).reduce((a, b) => a * b, 1) > 1;

/** Whether a layer only makes less of what another found. */
const passing = (kind: string) => /pool|dropout|noise|reshape|permute/.test(kind);

function defaultLayer({ graph }: Model): string {
  const { nodes, shapes, outputs } = graph;
  const found = nodes.findLast(({ layer, output }) =>
    hasSpace(shapes[output]) && !passing(layer.kind)
  );
  if (found && !hasSpace(shapes[outputs[0]])) return found.layer.name;
  throw new DeconvError(
    found
      ? `Which layer is to explain ${shapeText(shapes[outputs[0]])}? Name one as layer, such as "${
        nodes[0].layer.name
      }"`
      : "The network has no layer with a height and a width in front of what is explained",
  );
}

/** The channels of the layer and the gradients there. */
export function channelsOf(model: Model, x: Tensors, options: CamOptions): Channels {
  const xs = tensorList(x), resolved = resolveTarget(model, xs, options.target);
  const { model: part, evaluate } = resolved, layer = options.layer ?? defaultLayer(part);
  const { values, watched } = gradientsIn(part, inputsOf(part, unfuse(model), xs), {
    of: [layer],
    evaluate,
    batchSize: options.batchSize,
  });
  if (!hasSpace(watched[layer].output.shape.slice(1))) {
    throw new DeconvError(
      `"${layer}" makes ${
        shapeText(watched[layer].output.shape.slice(1))
      }: a class activation map needs a layer with a height and a width`,
    );
  }
  return { ...watched[layer], values, resolved };
}

/** The height and width a map is to have; null where it stays as it is. */
function sizeFor(model: Model, from: Shape, { resize = false }: CamOptions): Shape | null {
  if (resize === false) return null;
  if (resize !== true) return pair(resize, "resize", 1).slice(0, from.length);
  const { spatial } = planeOf(model.inputShape);
  if (model.inputShape.length === from.length + 1) return spatial;
  throw new DeconvError(
    `Cannot make a map of ${shapeText(from)} as large as an input of shape ${
      shapeText(model.inputShape)
    }: give resize a height and a width`,
  );
}

/** `[height, width]` of a map; a signal's is one column. */
const planeSize = (shape: Shape) => [shape[0], shape[1] ?? 1] as const;

/**
 * A map for each picture, made of its channels `[height · width, channels]` and their gradients.
 *
 * @param mix Gives a number for each place.
 */
export function mixChannels(
  model: Model,
  { output, gradient }: Channels,
  options: CamOptions,
  mix: (a: Float32Array, g: Float32Array, channels: number, picture: number) => ArrayLike<number>,
): Tensor {
  const [pictures, ...shape] = output.shape, { channels, spatial } = planeOf(shape);
  const size = sizeFor(model, spatial, options), { relu = true } = options;
  const maps = Array.from({ length: pictures }, (_, i) => {
    const map = mix(pictureOf(output, i), pictureOf(gradient, i), channels, i);
    const shown = relu ? Float64Array.from(map, (v) => Math.max(v, 0)) : map;
    return size ? resizedPlane(shown, planeSize(spatial), planeSize(size)) : shown;
  });
  const data = new Float32Array(pictures * maps[0].length);
  maps.forEach((map, i) => data.set(map, i * map.length));
  return { shape: [pictures, ...size ?? spatial], data };
}

/** Σ weight·channel at each place. */
export function weighted(a: Float32Array, weights: ArrayLike<number>): Float64Array {
  const channels = weights.length;
  return Float64Array.from({ length: a.length / channels }, (_, cell) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[c] * a[cell * channels + c];
    return sum;
  });
}

/** The mean over the places of each channel. */
export function channelMeans(values: Float32Array, channels: number): Float64Array {
  const means = new Float64Array(channels), cells = values.length / channels;
  values.forEach((v, k) => means[k % channels] += v / cells);
  return means;
}
