/** What sets off each unit of a network, over a whole dataset. */
import type { Dataset } from "../data/dataset.ts";
import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import { valuesNamed } from "../graph.ts";
import type { Model } from "../model.ts";
import { sameShape, type Shape, shapeText, sizeOf } from "../tensor.ts";
import { turns } from "../turns.ts";
import type { Atlas, AtlasLayer, AtlasUnit } from "./atlas/data.ts";
import { type FeatureLayer, featureLayers } from "./atlas/feature_layers.ts";
import { Ranking } from "./atlas/ranking.ts";
import { watching } from "./atlas/watching.ts";
import { receptiveField, receptiveFields } from "./receptive_field.ts";
import { unfuse } from "./unfuse.ts";

/** Options of `atlas`. */
export interface AtlasOptions {
  /**
   * Names of the layers to look at; with their activation, without it `"name/linear"`. Default: every
   * layer with weights, and every sum of a skip, behind its normalisation and activation, but before a
   * softmax or sigmoid.
   */
  layers?: readonly string[];
  /** How many pictures to keep of each unit. Default 9. */
  top?: number;
  /** Pictures computed at a time. Default: up to 64, as many as fit in 64 MB. */
  batchSize?: number;
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void;
  /** Stops after the batch at hand. The atlas then is that of the pictures before: see `resume`. */
  signal?: AbortSignal;
  /** An atlas that was stopped, to go on with. */
  resume?: Atlas;
}

/** Bytes that the values of a batch should take at most. */
const BATCH_BYTES = 64 * 2 ** 20;

/** A layer while pictures go by. */
interface Watched {
  readonly feature: FeatureLayer;
  readonly shape: Shape;
  readonly ranking: Ranking;
  /** Of each unit: the pictures that set it off. */
  readonly active: Float64Array;
  /** Of each unit: the weakest of the pictures' strongest activations. */
  readonly lowest: Float64Array;
  /** For each class of each unit the sum of its pictures' strongest activations above 0. */
  readonly classes: number[][];
}

/**
 * For every unit (channel) of every layer the pictures of a dataset that set it off most: at most
 * once each, by their strongest activation (of equals the first picture), with its place and the part
 * of the picture that the unit sees there. With it how many pictures set the unit off at all, and how
 * strongly those of each class do. Plain data, ready for `JSON.stringify`.
 *
 * Pictures are read a batch at a time, in order, and not kept; one pass serves all layers.
 * `atlasPictures` gives patches and projections, `atlasSheet` draws them (Zeiler & Fergus 2014, figure 2).
 *
 * @param dataset Pictures as the model takes them. Classes are counted where it has class numbers.
 * @throws {DeconvError} When the model does not take such pictures or has no such layer, or `resume`
 * is of something else.
 *
 * @example
 * ```ts
 * import { atlas, preset, shapes } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const { layers } = await atlas(net, shapes({ size: 20 }), { layers: ["relu2"] });
 * const [{ picture, value, at, patch }] = layers[0].units[0].strongest;
 * console.log(picture, value, at, patch);
 * ```
 */
export async function atlas(
  model: Model,
  dataset: Dataset,
  options: AtlasOptions = {},
): Promise<Atlas> {
  const { onProgress, signal, resume } = options, whole = unfuse(model);
  const top = positive(options.top ?? resume?.top ?? 9, "top");
  expectPictures(model, dataset);
  const known = featureLayers(whole);
  const names = options.layers ?? resume?.layers.map(({ layer }) => layer) ??
    known.map(({ layer }) => layer);
  const values = valuesNamed(whole.graph, names), { shapes } = whole.graph;
  if (!names.length) throw new DeconvError(`${model.name} has no layer with weights to look at`);
  if (resume) expectSame(resume, model, dataset, { top, names });
  const watched = values.map((value, i): Watched => {
    const feature = known.find(({ layer }) => layer === names[i]) ?? {
      layer: names[i],
      made: [names[i]],
      kind: whole.graph.nodes.find(({ output }) => output === value)?.layer.kind ?? "input",
    };
    return start(feature, shapes[value], top, resume?.layers[i]);
  });
  const classCounts = [...resume?.classCounts ?? []];

  const looker = watching(whole, values), { size } = dataset, width = sizeOf(dataset.shape);
  const bytes = 4 * shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const batchSize = positive(
    options.batchSize ?? Math.min(64, Math.max(1, Math.floor(BATCH_BYTES / bytes))),
    "batchSize",
  );
  const turn = turns();
  let done = resume?.pictures ?? 0;
  while (done < size && !signal?.aborted) {
    const count = Math.min(batchSize, size - done);
    const indices = Uint32Array.from({ length: count }, (_, i) => done + i);
    const x = new Float32Array(count * width);
    const labels = dataset.targetShape ? undefined : new Float32Array(count);
    await dataset.read(indices, x, labels);
    const found = looker.predictAll({ shape: [count, ...dataset.shape], data: x }, { batchSize });
    labels?.forEach((label) => {
      if (label < 0) return;
      while (classCounts.length <= label) classCounts.push(0);
      classCounts[label]++;
    });
    watched.forEach((layer, i) => {
      note(layer, done, found[2 * i].data, found[2 * i + 1].data, labels);
    });
    done += count;
    onProgress?.(done, size);
    await turn();
  }
  return {
    model: model.name,
    dataset: dataset.name,
    size,
    pictures: done,
    top,
    classNames: dataset.classNames,
    classCounts,
    layers: watched.map((layer) => finished(whole, layer, classCounts.length)),
  };
}

function expectPictures({ name, inputShapes }: Model, dataset: Dataset): void {
  if (inputShapes.length > 1) {
    throw new DeconvError(
      `Cannot make an atlas of ${name}: it takes ${inputShapes.length} inputs, and a dataset is one`,
    );
  }
  if (sameShape(inputShapes[0], dataset.shape)) return;
  throw new DeconvError(
    `Cannot make an atlas: ${name} takes inputs of shape ${
      shapeText(inputShapes[0])
    }, and those of ${dataset.name} are ${shapeText(dataset.shape)}`,
  );
}

function expectSame(
  resume: Atlas,
  { name }: Model,
  dataset: Dataset,
  { top, names }: { top: number; names: readonly string[] },
): void {
  const same = resume.model === name && resume.dataset === dataset.name && resume.top === top &&
    resume.size === dataset.size && resume.layers.length === names.length &&
    resume.layers.every(({ layer }, i) => layer === names[i]);
  if (same) return;
  throw new DeconvError(
    `Cannot go on with an atlas of ${resume.model} over ${resume.dataset}: it has other layers, another top or other pictures`,
  );
}

/** An empty layer, or one as far as it has come. */
function start(feature: FeatureLayer, shape: Shape, top: number, known?: AtlasLayer): Watched {
  const units = shape[shape.length - 1], ranking = new Ranking(units, top);
  const space = shape.slice(0, -1);
  known?.units.forEach(({ unit, strongest }) => {
    for (const { value, picture, at } of strongest) {
      ranking.add(unit, value, picture, at.reduce((place, i, axis) => place * space[axis] + i, 0));
    }
  });
  const each = (of: (unit: AtlasUnit) => number | null, otherwise: number) =>
    Float64Array.from(
      { length: units },
      (_, unit) => (known && of(known.units[unit])) ?? otherwise,
    );
  return {
    feature,
    shape,
    ranking,
    active: each(({ active }) => active, 0),
    lowest: each(({ lowest }) => lowest, Infinity),
    classes: Array.from({ length: units }, (_, unit) => [...known?.units[unit].classes ?? []]),
  };
}

/** Notes what a batch of pictures made of a layer. */
function note(
  { shape, ranking, active, lowest, classes }: Watched,
  first: number,
  maxima: Float32Array,
  places: Float32Array,
  labels?: Float32Array,
): void {
  const units = shape[shape.length - 1], count = maxima.length / units;
  for (let picture = 0; picture < count; picture++) {
    const label = labels ? labels[picture] : -1;
    for (let unit = 0; unit < units; unit++) {
      const value = maxima[picture * units + unit];
      ranking.add(unit, value, first + picture, places[picture * units + unit]);
      if (value < lowest[unit]) lowest[unit] = value;
      if (!(value > 0)) continue;
      active[unit]++;
      if (label >= 0) classes[unit][label] = (classes[unit][label] ?? 0) + value;
    }
  }
}

/** What has become of a layer, with what its units see. */
function finished(whole: Model, watched: Watched, classCount: number): AtlasLayer {
  const { feature, shape, ranking, active, lowest, classes } = watched;
  const [field] = receptiveFields(whole, { layers: [feature.layer] });
  const { layer } = feature, space = shape.slice(0, -1);
  const placeOf = (place: number) =>
    space.toReversed().map((size) => {
      const at = place % size;
      place = (place - at) / size;
      return at;
    }).reverse();
  return {
    ...feature,
    shape,
    sees: { height: field?.size[0] ?? 1, width: field?.size[1] ?? 1 },
    units: Array.from(active, (count, unit): AtlasUnit => {
      const ranked = ranking.of(unit);
      return {
        unit,
        mean: ranked.reduce((sum, { value }) => sum + value, 0) / Math.max(1, ranked.length),
        active: count,
        lowest: lowest[unit] === Infinity ? null : lowest[unit],
        dead: count === 0 || ranked[0].value === lowest[unit],
        classes: Array.from({ length: classCount }, (_, label) => classes[unit][label] ?? 0),
        strongest: ranked.map(({ value, picture, place }) => {
          const at = placeOf(place);
          const patch = receptiveField(whole, { layer, at, channel: unit });
          return { picture, value, at, patch };
        }),
      };
    }),
  };
}
