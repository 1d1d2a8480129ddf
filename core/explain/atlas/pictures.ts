/** The patches of an atlas, and what of them the units were set off by. */
import type { Dataset } from "../../data/dataset.ts";
import { DeconvError } from "../../errors.ts";
import { positive } from "../../geometry.ts";
import type { Model } from "../../model.ts";
import { type Shape, sizeOf, type Tensor } from "../../tensor.ts";
import { turns } from "../../turns.ts";
import type { AtlasLayer, AtlasPatch } from "./data.ts";
import { deconvnet } from "../deconvnet.ts";
import { unfuse } from "../unfuse.ts";

/** Options of `atlasPictures`. */
export interface AtlasPicturesOptions {
  /** Which units: the first, and the one after the last. Default: all. */
  units?: readonly [from: number, to: number];
  /** Pictures computed at a time. Default: up to 64, as many as fit in 48 MB. */
  batchSize?: number;
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void;
  /** Stops after the batch at hand; then there is no result. */
  signal?: AbortSignal;
}

/** The pictures of some units of a layer. */
export interface AtlasPictures {
  /** Number of the first unit. */
  readonly from: number;
  /** Number after the last. */
  readonly to: number;
  /** Pictures of each unit; where it has fewer, the rest is empty. */
  readonly top: number;
  /**
   * What the units saw, `[units · top, height, width, channels]`, strongest first; not a number where
   * the field of a unit is outside of the picture.
   */
  readonly patches: Tensor;
  /** Their activations projected to the pixels, cut out alike. */
  readonly projections: Tensor;
}

/** Bytes that the values and gradients of a batch should take at most. */
const BATCH_BYTES = 48 * 2 ** 20;

/**
 * Cuts out what units of an atlas saw in their strongest pictures, and projects each activation, alone,
 * back to the pixels (`deconvnet`). Pictures that several units share a batch with go through the
 * network together.
 *
 * @param layer A layer of what `atlas` gave for this model and this dataset.
 * @returns The pictures; null where `signal` stopped it.
 * @throws {DeconvError} When there are no such units or the dataset cannot be read.
 *
 * @example
 * ```ts
 * import { atlas, atlasPictures, preset, shapes } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 }), data = shapes({ size: 20 });
 * const { layers: [relu2] } = await atlas(net, data, { layers: ["relu2"] });
 * const pictures = await atlasPictures(net, data, relu2, { units: [0, 4] });
 * console.log(pictures!.patches.shape); // [36, 5, 5, 3]
 * ```
 */
export async function atlasPictures(
  model: Model,
  dataset: Dataset,
  layer: AtlasLayer,
  options: AtlasPicturesOptions = {},
): Promise<AtlasPictures | null> {
  const { units: [from, to] = [0, layer.units.length], onProgress, signal } = options;
  if (
    !(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from < to) ||
    to > layer.units.length
  ) {
    throw new DeconvError(
      `Cannot show units ${from} to ${to} of ${layer.layer}: it has ${layer.units.length}`,
    );
  }
  const chosen = layer.units.slice(from, to);
  const top = Math.max(1, ...layer.units.map(({ strongest }) => strongest.length));
  const wanted = chosen.flatMap(({ unit, strongest }, i) =>
    strongest.map((patch, rank) => ({ ...patch, unit, row: i * top + rank }))
  );
  // In the order of the pictures, as a dataset likes to be read.
  wanted.sort((a, b) => a.picture - b.picture || a.row - b.row);
  const frame = frameOf(layer, dataset.shape), shape = [chosen.length * top, ...frame];
  const empty = (): Tensor => ({ shape, data: new Float32Array(sizeOf(shape)).fill(NaN) });
  const patches = empty(), projections = empty(), width = sizeOf(dataset.shape);

  const { shapes } = unfuse(model).graph;
  const bytes = 8 * shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const fitting = Math.max(1, Math.min(64, Math.floor(BATCH_BYTES / bytes), wanted.length));
  const batchSize = positive(options.batchSize ?? fitting, "batchSize");
  const turn = turns();
  for (let done = 0; done < wanted.length;) {
    if (signal?.aborted) return null;
    const part = wanted.slice(done, done + batchSize);
    // A last batch that is smaller is filled up: it would need memory of its own.
    const filled = Array.from({ length: batchSize }, (_, i) => part[Math.min(i, part.length - 1)]);
    const x = { shape: [batchSize, ...dataset.shape], data: new Float32Array(batchSize * width) };
    await dataset.read(filled.map(({ picture }) => picture), x.data);
    const { projection } = deconvnet(model, x, {
      layer: layer.layer,
      channel: filled.map(({ unit }) => unit),
      at: filled.map(({ at }) => at),
      batchSize,
    });
    part.forEach((patch, i) => {
      const own = (tensor: Tensor) => tensor.data.subarray(i * width, (i + 1) * width);
      cut(own(x), dataset.shape, patch, patches, patch.row);
      cut(own(projection), dataset.shape, patch, projections, patch.row);
    });
    done += part.length;
    onProgress?.(done, wanted.length);
    await turn();
  }
  return { from, to, top, patches, projections };
}

/** The size of a patch, as a picture `[height, width, channels]`. */
function frameOf({ sees }: AtlasLayer, shape: Shape): [number, number, number] {
  const channels = shape.length > 1 ? shape[shape.length - 1] : 1;
  return [Math.max(1, sees.height), Math.max(1, sees.width), channels];
}

/** Copies a patch of a picture into row `row` of `to`, to the side where the border did not cut it off. */
function cut(
  from: Float32Array,
  shape: Shape,
  { patch }: AtlasPatch,
  to: Tensor,
  row: number,
): void {
  if (!patch) return;
  const [, rows, columns, channels] = to.shape, { top, left, height, width } = patch;
  const across = shape.length > 2 ? shape[1] : sizeOf(shape) / channels;
  const down = top === 0 ? rows - height : 0, right = left === 0 ? columns - width : 0;
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * across + left) * channels;
    const line = from.subarray(start, start + width * channels);
    to.data.set(line, ((row * rows + down + y) * columns + right) * channels);
  }
}
