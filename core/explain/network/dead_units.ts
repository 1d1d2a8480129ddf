import type { Dataset } from "../../data/dataset.ts";
import { placeName } from "../../graph.ts";
import { positive } from "../../geometry.ts";
import type { Network } from "../../network.ts";
import { sizeOf, type Tensor } from "../../tensor.ts";

/** What the channels of a layer did over a dataset. */
export interface LayerActivity {
  /** Where the layer stands, by name. */
  readonly name: string;
  /** Its kind. */
  readonly kind: string;
  /** The part of places and pictures where each channel was above 0. */
  readonly active: Float64Array;
  /** Smallest value of each channel. */
  readonly least: Float32Array;
  /** Largest value of each. */
  readonly most: Float32Array;
  /** Channels that had the same value everywhere: a relu that never fires, an input that is not used. */
  readonly dead: readonly number[];
}

/** Options of `deadUnits`. */
export interface DeadUnitsOptions {
  /** Pictures at a time. Default 64. */
  batchSize?: number;
}

/**
 * Which channels of which layers are dead over a dataset: they have the same value at every place of every
 * picture, whatever they are shown. Streams the dataset.
 *
 * @param data A dataset, or inputs `[count, …inputShape]`.
 *
 * @example
 * ```ts
 * import { deadUnits, preset, shapes } from "@deconv/deconv";
 * const [first] = await deadUnits(preset("article-cnn").build(), shapes({ size: 32 }));
 * console.log(first.name, first.dead); // conv1 and, before training, hardly any
 * ```
 */
export async function deadUnits(
  model: Network,
  data: Dataset | Tensor,
  options: DeadUnitsOptions = {},
): Promise<LayerActivity[]> {
  const batchSize = positive(options.batchSize ?? 64, "batchSize");
  const { nodes, shapes } = model.graph;
  const layers = nodes.map(({ layer, output }, i) => {
    const channels = shapes[output][shapes[output].length - 1];
    return {
      name: placeName(model.graph, i),
      kind: layer.kind,
      active: new Float64Array(channels),
      least: new Float32Array(channels).fill(Infinity),
      most: new Float32Array(channels).fill(-Infinity),
      seen: 0,
    };
  });
  const isTensor = "data" in data, size = isTensor ? data.shape[0] : data.size;
  const width = sizeOf(model.inputShape);
  for (let from = 0; from < size; from += batchSize) {
    const count = Math.min(batchSize, size - from);
    const x = { shape: [count, ...model.inputShape], data: new Float32Array(count * width) };
    if (isTensor) x.data.set(data.data.subarray(from * width, (from + count) * width));
    else await data.read(Array.from({ length: count }, (_, i) => from + i), x.data);
    model.activations(x).forEach(({ output }, node) => {
      const { active, least, most } = layers[node], channels = active.length;
      layers[node].seen += output.data.length / channels;
      for (let i = 0, c = 0; i < output.data.length; i++) {
        const value = output.data[i];
        if (value > 0) active[c]++;
        if (value < least[c]) least[c] = value;
        if (value > most[c]) most[c] = value;
        if (++c === channels) c = 0;
      }
    });
  }
  return layers.map(({ seen, active, ...rest }) => ({
    ...rest,
    active: active.map((count) => count / seen),
    dead: [...rest.least].flatMap((least, c) => least === rest.most[c] ? [c] : []),
  }));
}

/** The layers as a table of at most 80 columns: channels, how many are dead, and how active the others are. */
export function deadUnitsTable(layers: readonly LayerActivity[]): string {
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => {
      const width = [24, 20, 8, 6, 16][i];
      const text = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
      return i < 2 ? text.padEnd(width) : text.padStart(width);
    }).join(" ");
  return [
    line(["layer", "kind", "channels", "dead", "above 0"]),
    ...layers.map(({ name, kind, active, dead }) => {
      const mean = active.reduce((sum, part) => sum + part, 0) / active.length;
      return line([
        name,
        kind,
        `${active.length}`,
        `${dead.length}`,
        `${(100 * mean).toFixed(1)} %`,
      ]);
    }),
  ].join("\n");
}
