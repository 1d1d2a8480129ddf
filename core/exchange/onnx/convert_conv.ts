/** Convolutions, as layers. */
import type { OnnxArray } from "../../formats/onnx/array.ts";
import { conv1d } from "../../layers/conv1d.ts";
import { conv1dTranspose } from "../../layers/conv1d_transpose.ts";
import { conv2d } from "../../layers/conv2d.ts";
import { conv2dTranspose } from "../../layers/conv2d_transpose.ts";
import type { Tensor } from "../../tensor.ts";
import { tensorOf, transposed } from "./arrays.ts";
import { channelsLast, type Flow, flowOf, inOrder, rankOf } from "./flow.ts";
import type { Converter, Site } from "./site.ts";

/** Zeros in front and behind along each axis, for windows that cover `extents`. */
export function padsOf(
  site: Site,
  sizes: readonly number[],
  extents: readonly number[],
  strides: readonly number[],
): { begin: number[]; end: number[] } {
  const auto = site.text("auto_pad", "NOTSET"), count = sizes.length;
  if (auto === "NOTSET") {
    const pads = site.list("pads") ?? Array.from({ length: 2 * count }, () => 0);
    if (pads.length !== 2 * count) throw site.fail(`pads must be ${2 * count} numbers`);
    return { begin: pads.slice(0, count), end: pads.slice(count) };
  }
  if (auto === "VALID") return { begin: sizes.map(() => 0), end: sizes.map(() => 0) };
  const total = sizes.map((size, i) =>
    Math.max((Math.ceil(size / strides[i]) - 1) * strides[i] + extents[i] - size, 0)
  );
  return halved(total, auto === "SAME_UPPER");
}

/** What is odd goes behind, or in front. */
function halved(total: readonly number[], behind: boolean) {
  const small = total.map((n) => Math.floor(n / 2)), large = total.map((n, i) => n - small[i]);
  return behind ? { begin: small, end: large } : { begin: large, end: small };
}

interface Convolution {
  x: Flow;
  rank: number;
  kernel: Tensor;
  sizes: number[];
  extents: number[];
  options: {
    filters: number;
    groups: number;
  };
  strides: number[];
  dilations: number[];
}

/** What both directions share. */
function convolution(site: Site, w: OnnxArray, transpose: boolean): Convolution {
  const rank = w.shape.length;
  if (rank !== 3 && rank !== 4) {
    throw site.fail(`there are layers for convolutions in 1 and 2 dimensions, not ${rank - 2}`);
  }
  const x = site.flow(0);
  if (rankOf(x) !== rank) throw site.fail(`its kernel has ${rank} axes and its input ${rankOf(x)}`);
  const taken = inOrder(x, channelsLast(rank)), sizes = [...taken.symbol.shape.slice(0, -1)];
  const ones = sizes.map(() => 1);
  const strides = site.list("strides") ?? ones, dilations = site.list("dilations") ?? ones;
  const kernel = tensorOf(transposed(w, [...channelsLast(rank).slice(1, -1), 1, 0]));
  const extents = sizes.map((_, i) => (w.shape[i + 2] - 1) * dilations[i] + 1);
  const groups = site.number("group", 1), filters = transpose ? w.shape[1] * groups : w.shape[0];
  return {
    x: taken,
    rank,
    kernel,
    sizes,
    extents,
    options: { filters, groups },
    strides,
    dilations,
  };
}

/** The layer's options for pictures, or for signals where there is one axis. */
function spatial({ rank, kernel, strides, dilations }: Convolution, pads: readonly number[]) {
  const size = kernel.shape.slice(0, rank - 2);
  return {
    plane: {
      kernelSize: size as [number, number],
      strides: strides as [number, number],
      dilationRate: dilations as [number, number],
      padding: pads as [number, number, number, number],
    },
    line: {
      kernelSize: size[0],
      strides: strides[0],
      dilationRate: dilations[0],
      padding: pads as [number, number],
    },
  };
}

/** Applies the layer, with its bias if there is one. */
function applied(
  site: Site,
  { x, kernel, options: { filters } }: Convolution,
  layer: (useBias: boolean) => ReturnType<typeof conv2d>,
  bias: ArrayLike<number> | null,
): Flow {
  const made = (b: ArrayLike<number> | null): Flow =>
    flowOf(
      site.apply(site.make(() => layer(!!b)), x.symbol, {
        kernel,
        ...b && { bias: { shape: [filters], data: Float32Array.from(b) } },
      }),
      x.order,
    );
  const flow = made(bias);
  return bias ? flow : { ...flow, withBias: made };
}

const biasOf = (site: Site) => site.has(2) ? site.array(2).data : null;

const conv: Converter = (site) => {
  const parts = convolution(site, site.array(1), false);
  const { begin, end } = padsOf(site, parts.sizes, parts.extents, parts.strides);
  const { plane, line } = spatial(parts, [...begin, ...end]), { rank, options } = parts;
  const layer = (useBias: boolean) =>
    rank === 4
      ? conv2d({ ...options, ...plane, useBias })
      : conv1d({ ...options, ...line, useBias });
  return [applied(site, parts, layer, biasOf(site))];
};

/** How much is cut off a transposed convolution, and how much added behind. */
function transposePads(site: Site, { sizes, extents, strides }: Convolution) {
  const extra = site.list("output_padding") ?? sizes.map(() => 0);
  const auto = site.text("auto_pad", "NOTSET");
  const same = auto.startsWith("SAME") ? sizes.map((size, i) => size * strides[i]) : null;
  const wanted = site.list("output_shape")?.slice(-sizes.length) ?? same;
  if (!wanted) return { ...padsOf(site, sizes, extents, strides), extra };
  const total = sizes.map((size, i) => (size - 1) * strides[i] + extra[i] + extents[i] - wanted[i]);
  const pads = halved(total.map((n) => Math.max(n, 0)), auto === "SAME_UPPER");
  return { ...pads, extra: extra.map((n, i) => n + Math.max(-total[i], 0)) };
}

const convTranspose: Converter = (site) => {
  const parts = convolution(site, site.array(1), true), { rank, options } = parts;
  const { begin, end, extra } = transposePads(site, parts);
  const { plane, line } = spatial(parts, [...begin, ...end]);
  const outputPadding = extra as [number, number];
  const layer = (useBias: boolean) =>
    rank === 4
      ? conv2dTranspose({ ...options, ...plane, outputPadding, useBias })
      : conv1dTranspose({ ...options, ...line, outputPadding: extra[0], useBias });
  return [applied(site, parts, layer, biasOf(site))];
};

/** Convolutions. */
export const CONVOLUTION_CONVERTERS: Record<string, Converter> = {
  Conv: conv,
  ConvTranspose: convTranspose,
};
