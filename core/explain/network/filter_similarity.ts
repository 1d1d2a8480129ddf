import { DeconvError } from "../../errors.ts";
import type { Layer } from "../../layer.ts";
import type { Network } from "../../network.ts";
import { sizeOf } from "../../tensor.ts";

/** How alike the filters of a layer are. */
export interface FilterSimilarity {
  /** The layer's name. */
  readonly layer: string;
  /** Filters. */
  readonly filters: number;
  /** Cosines between any two, `[filters, filters]`, row by row; 0 beside a filter of zeros. */
  readonly cosines: Float32Array;
  /** Groups of filters that are near-duplicates, each sorted, the largest group first. */
  readonly clusters: readonly (readonly number[])[];
  /** Filters whose weights are all 0. */
  readonly zeros: readonly number[];
  /** An order in which each filter stands beside one like it: for a picture. */
  readonly order: readonly number[];
}

/** Options of `filterSimilarity`. */
export interface FilterSimilarityOptions {
  /** The cosine from which two filters are near-duplicates. Default 0.95. */
  threshold?: number;
}

/** The weights of each filter, one that makes an output channel. */
function filtersOf(layer: Layer): Float32Array[] {
  const wrapped = layer.config.layer as { kind: string; config: Layer["config"] } | undefined;
  const { kind, config } = layer.kind === "spectral_normalization" && wrapped ? wrapped : layer;
  const named = (name: string) => layer.parameters.find((p) => p.name.endsWith(`/${name}`));
  const kernel = named("pointwise_kernel") ?? named("kernel") ?? named("depthwise_kernel");
  if (!kernel) {
    throw new DeconvError(`Cannot compare the filters of ${layer.title}: it has no kernel`);
  }
  const { shape, value: { view } } = kernel, [planes, last] = shape.slice(-2);
  const taps = sizeOf(shape) / (planes * last);
  const at = (tap: number, plane: number, filter: number) =>
    view[(tap * planes + plane) * last + filter];
  const pick = (filters: number, size: number, read: (filter: number, i: number) => number) =>
    Array.from(
      { length: filters },
      (_, f) => Float32Array.from({ length: size }, (_, i) => read(f, i)),
    );
  if (kind.endsWith("_transpose")) {
    // [taps, out/groups, in]: what output channel is made of, its group's input channels.
    const groups = (config.groups as number | undefined) ?? 1, inputs = last / groups;
    return pick(planes * groups, taps * inputs, (filter, i) => {
      const group = Math.floor(filter / planes);
      return at(Math.floor(i / inputs), filter % planes, group * inputs + i % inputs);
    });
  }
  if (kind.startsWith("depthwise")) {
    return pick(planes * last, taps, (f, i) => at(i, Math.floor(f / last), f % last));
  }
  return pick(last, taps * planes, (f, i) => at(Math.floor(i / planes), i % planes, f));
}

/**
 * How alike the filters of a layer are: cosines between their weights, groups of near-duplicates (filters
 * that a chain of cosines above the threshold connects), and filters of zeros. Many duplicates say that
 * a layer has more filters than it has found use for (RoyChowdhury et al. 2018).
 *
 * @param layer Name of a convolution of any kind, or of a dense layer.
 * @throws {DeconvError} When there is no such layer, it has no kernel, or the threshold is out of range.
 *
 * @example
 * ```ts
 * import { filterSimilarity, preset } from "@deconv/deconv";
 * const { filters, clusters } = filterSimilarity(preset("article-cnn").build(), "conv1");
 * console.log(filters, clusters.length); // 32 filters, none alike before training
 * ```
 */
export function filterSimilarity(
  model: Network,
  layer: string,
  options: FilterSimilarityOptions = {},
): FilterSimilarity {
  const { threshold = 0.95 } = options;
  if (!(threshold > 0 && threshold <= 1)) {
    throw new DeconvError(`threshold must be above 0 and at most 1; it is ${threshold}`);
  }
  const vectors = filtersOf(model.layer(layer)), n = vectors.length;
  const lengths = vectors.map((v) => Math.sqrt(v.reduce((sum, value) => sum + value * value, 0)));
  const cosines = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < vectors[i].length; k++) dot += vectors[i][k] * vectors[j][k];
      const scale = lengths[i] * lengths[j];
      const cosine = scale > 0 ? Math.max(-1, Math.min(1, dot / scale)) : 0;
      cosines[i * n + j] = cosines[j * n + i] = cosine;
    }
  }
  return {
    layer,
    filters: n,
    cosines,
    clusters: connected(n, (i, j) => cosines[i * n + j] >= threshold),
    zeros: lengths.flatMap((length, i) => length > 0 ? [] : [i]),
    order: chain(n, cosines),
  };
}

/** Groups of two or more that are connected. */
function connected(n: number, alike: (i: number, j: number) => boolean): number[][] {
  const seen = new Set<number>(), groups: number[][] = [];
  for (let start = 0; start < n; start++) {
    if (seen.has(start)) continue;
    const group = [start];
    seen.add(start);
    for (const i of group) {
      for (let j = 0; j < n; j++) {
        if (seen.has(j) || !alike(i, j)) continue;
        seen.add(j);
        group.push(j);
      }
    }
    if (group.length > 1) groups.push(group.sort((a, b) => a - b));
  }
  return groups.sort((a, b) => b.length - a.length);
}

/** Each followed by the one of those left that is most like it. */
function chain(n: number, cosines: Float32Array): number[] {
  const left = new Set(Array.from({ length: n }, (_, i) => i)), order: number[] = [];
  for (let now = 0; left.size; now = order[order.length - 1]) {
    const candidates = [...left];
    const next = order.length
      ? candidates.reduce((a, b) => cosines[now * n + b] > cosines[now * n + a] ? b : a)
      : candidates[0];
    order.push(next);
    left.delete(next);
  }
  return order;
}
