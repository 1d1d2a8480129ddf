import type { Callback } from "../../callbacks/callback.ts";
import { DeconvError } from "../../errors.ts";
import { positive } from "../../geometry.ts";
import { placeName } from "../../graph.ts";
import type { Json } from "../../json.ts";
import type { Model } from "../../model.ts";
import type { Tensor } from "../../tensor.ts";

/** How often numbers were how large. */
export interface Histogram {
  /** Epochs done: 0 before the first. */
  readonly epoch: number;
  /** The smallest finite number. */
  readonly low: number;
  /** The largest. */
  readonly high: number;
  /** Their mean. */
  readonly mean: number;
  /** Their standard deviation. */
  readonly deviation: number;
  /** How many are in each of as many equal parts of `low` to `high`. */
  readonly counts: readonly number[];
  /** How many are NaN or infinite. */
  readonly notFinite: number;
}

/** The histograms of one array over training. */
export interface HistogramSeries {
  /** The parameter's name, or the layer's. */
  readonly name: string;
  /** What was counted. */
  readonly kind: "weights" | "gradients" | "activations";
  /** One for each epoch looked at. */
  readonly histograms: readonly Histogram[];
}

/** Options of `trainingHistograms`. */
export interface TrainingHistogramsOptions {
  /** Inputs whose activations are counted. Default: no activations. */
  probe?: Tensor;
  /** Parts of a histogram; of n numbers 2√n at most. Default 64. */
  bins?: number;
  /** Look at every so many epochs. Default 1. */
  every?: number;
  /** Which parameters and layers, by the start of their names. Default: all. */
  names?: readonly string[];
}

/** A callback that keeps histograms. */
export interface TrainingHistograms extends Callback {
  /** What it has seen so far. */
  readonly series: readonly HistogramSeries[];
}

/** Counts numbers, in fewer parts where they are few. */
export function histogramOf(values: Float32Array, most: number, epoch = 0): Histogram {
  const bins = Math.min(most, Math.max(1, Math.ceil(2 * Math.sqrt(values.length))));
  let low = Infinity, high = -Infinity, sum = 0, square = 0, count = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    sum += value;
    count++;
  }
  const mean = count ? sum / count : 0, counts = new Array<number>(bins).fill(0);
  if (!count) low = high = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    square += (value - mean) ** 2;
    const part = high > low ? (value - low) / (high - low) : 0;
    counts[Math.min(bins - 1, Math.floor(part * bins))]++;
  }
  const deviation = count ? Math.sqrt(square / count) : 0;
  return { epoch, low, high, mean, deviation, counts, notFinite: values.length - count };
}

const NAME = "trainingHistograms";

/**
 * Keeps histograms of the weights, of their gradients (those of an epoch's last step), and of what layers
 * make of some pictures, before training and after every epoch: for `histogramSheet`. Kept: all of them.
 *
 * @param options No probe, 64 bins, every epoch, everything.
 * @throws {DeconvError} When `bins` or `every` is no whole number from 1.
 *
 * @example
 * ```ts
 * import { dense, sequential, tensor, trainingHistograms } from "@deconv/deconv";
 * const net = sequential([dense({ units: 2, name: "d", inputShape: [1] })]);
 * net.compile({ loss: "mse" });
 * const x = tensor([1, 2], [2, 1]), y = tensor([1, 2, 3, 4], [2, 2]);
 * const seen = trainingHistograms({ probe: x });
 * await net.fit(x, y, { epochs: 3, callbacks: [seen] });
 * console.log(seen.series.map(({ kind, name }) => `${kind} of ${name}`)); // weights of d/kernel …
 * ```
 */
export function trainingHistograms(options: TrainingHistogramsOptions = {}): TrainingHistograms {
  const { probe, names } = options;
  const bins = positive(options.bins ?? 64, "bins"), every = positive(options.every ?? 1, "every");
  let series: { name: string; kind: HistogramSeries["kind"]; histograms: Histogram[] }[] = [];
  const wanted = (name: string) => !names || names.some((start) => name.startsWith(start));
  const add = (
    kind: HistogramSeries["kind"],
    name: string,
    values: Float32Array,
    epoch: number,
  ) => {
    let own = series.find((one) => one.kind === kind && one.name === name);
    if (!own) series.push(own = { kind, name, histograms: [] });
    own.histograms.push(histogramOf(values, bins, epoch));
  };
  const look = (model: Model, epoch: number) => {
    const learned = model.parameters.filter(({ name, learned }) => learned && wanted(name));
    for (const { name, value } of learned) add("weights", name, value.view, epoch);
    if (epoch) {
      for (const { name, gradient } of learned) add("gradients", name, gradient.view, epoch);
    }
    if (!probe) return;
    model.activations(probe).forEach(({ output }, node) => {
      const name = placeName(model.graph, node);
      if (wanted(name)) add("activations", name, output.data, epoch);
    });
  };
  return {
    name: NAME,
    get series() {
      return series;
    },
    onTrainBegin: ({ model }) => {
      series = [];
      look(model, 0);
    },
    onEpochEnd: (epoch, _logs, { model }) => {
      if ((epoch + 1) % every === 0) look(model, epoch + 1);
    },
    state: () => ({ values: { series: structuredClone(series) as unknown as Json } }),
    restore: ({ values }) => {
      if (!Array.isArray(values.series)) {
        throw new DeconvError(
          `Cannot go on: the saved state of ${NAME} has no series; give initialEpoch: 0 to start anew`,
        );
      }
      series = structuredClone(values.series) as unknown as typeof series;
    },
  };
}
