/** Pools and what undoes them, as layers. */
import {
  globalAveragePool1d,
  globalAveragePool2d,
  globalMaxPool1d,
  globalMaxPool2d,
} from "../../layers/global_pool.ts";
import { maxUnpool2d } from "../../layers/max_unpool2d.ts";
import { averagePool1d, maxPool1d } from "../../layers/pool1d.ts";
import { averagePool2d, maxPool2d } from "../../layers/pool2d.ts";
import { poolSwitches2d } from "../../layers/pool_switches2d.ts";
import { zeroPadding2d } from "../../layers/zero_padding2d.ts";
import { padsOf } from "./convert_conv.ts";
import { channelsLast, type Flow, flowOf, inOrder, rankOf } from "./flow.ts";
import type { Converter, Site } from "./site.ts";

/** The windows of a pool along each axis. */
export interface OnnxWindows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  /** As the file says it. */
  readonly end: readonly number[];
  /** So that the last window is whole. */
  readonly full: readonly number[];
  readonly out: readonly number[];
}

/** Reads the windows of a pool over axes of these sizes. */
export function windowsOf(site: Site, sizes: readonly number[]): OnnxWindows {
  const kernel = site.list("kernel_shape"), ones = sizes.map(() => 1);
  if (kernel?.length !== sizes.length) {
    throw site.fail(`kernel_shape must be ${sizes.length} numbers`);
  }
  const strides = site.list("strides") ?? ones, dilations = site.list("dilations") ?? ones;
  const extents = kernel.map((k, i) => (k - 1) * dilations[i] + 1);
  const { begin, end } = padsOf(site, sizes, extents, strides);
  const round = site.number("ceil_mode", 0) ? Math.ceil : Math.floor;
  const out = sizes.map((size, i) => {
    const steps = round((size + begin[i] + end[i] - extents[i]) / strides[i]) + 1;
    // A window that begins in the padding behind is none.
    return round === Math.ceil && (steps - 1) * strides[i] >= size + begin[i] ? steps - 1 : steps;
  });
  const full = end.map((pad, i) =>
    Math.max(pad, (out[i] - 1) * strides[i] + extents[i] - sizes[i] - begin[i])
  );
  if (![...kernel, ...strides, ...dilations, ...out].every((n) => n >= 1)) {
    throw site.fail("its windows do not fit into its input");
  }
  return { kernel, strides, dilations, begin, end, full, out };
}

/** Whether padding counts in averages. */
export const countsPadding = (site: Site): boolean => site.number("count_include_pad", 0) === 1;

/** Why no layer has these windows; null where one has. */
function irregularity(site: Site, windows: OnnxWindows): string | null {
  const { kernel, dilations, begin, end, full } = windows;
  if (kernel.length > 2) return "there are layers for pools in 1 and 2 dimensions only";
  if (dilations.some((d, i) => d > 1 && kernel[i] > 1)) {
    return "there is no layer for dilated pools";
  }
  if ([...begin, ...full].some((pad, i) => pad >= kernel[i % kernel.length])) {
    return "its padding is as wide as its windows";
  }
  if (countsPadding(site) && full.some((pad, i) => pad > end[i])) {
    return "there is no layer for averages over padding that ceil_mode adds";
  }
  return null;
}

const pool = (maxima: boolean): Converter => (site) => {
  const flow = site.flow(0), x = inOrder(flow, channelsLast(rankOf(flow)));
  const sizes = x.symbol.shape.slice(0, -1), windows = windowsOf(site, sizes);
  const fault = irregularity(site, windows);
  if (fault) throw site.fail(fault);
  const { kernel, strides, begin, full } = windows, countIncludePad = countsPadding(site);
  const plane = {
    poolSize: kernel as [number, number],
    strides: strides as [number, number],
    padding: [...begin, ...full] as [number, number, number, number],
  };
  const line = {
    poolSize: kernel[0],
    strides: strides[0],
    padding: [...begin, ...full] as [number, number],
  };
  const one = sizes.length === 1;
  const layer = maxima
    ? site.make(() => one ? maxPool1d(line) : maxPool2d(plane))
    : site.make(() =>
      one
        ? averagePool1d({ ...line, countIncludePad })
        : averagePool2d({ ...plane, countIncludePad })
    );
  const pooled = flowOf(site.apply(layer, x.symbol), x.order);
  if (!maxima || !site.node.outputs[1]) return [pooled];
  if (one || site.number("storage_order", 0)) {
    throw site.fail("there is no layer for places of maxima but in rows of pictures");
  }
  const places = site.apply(site.make(() => poolSwitches2d(plane)), x.symbol);
  const switches: [number, number] = [sizes[0], sizes[1]];
  return [pooled, { ...flowOf(places, x.order), switches }];
};

const unpool: Converter = (site) => {
  const x = inOrder(site.flow(0), channelsLast(4)), places = site.flow(1);
  if (!places.switches) throw site.fail("its places are not those of a MaxPool");
  const poolSize = site.list("kernel_shape") as [number, number] | null;
  if (poolSize?.length !== 2) throw site.fail("there is a layer for unpooling pictures only");
  const strides = (site.list("strides") ?? [1, 1]) as [number, number];
  const padding = (site.list("pads") ?? [0, 0, 0, 0]) as [number, number, number, number];
  const wanted = site.numbers(2)?.slice(-2) ?? null;
  const plain = [0, 1].map((i) =>
    (x.symbol.shape[i] - 1) * strides[i] - padding[i] - padding[i + 2] + poolSize[i]
  );
  // Places are those of the picture that was pooled; a larger output has zeros behind.
  const outputSize = (wanted ? places.switches : plain) as [number, number];
  const layer = site.make(() => maxUnpool2d({ poolSize, strides, padding, outputSize }));
  const made = site.apply(layer, [x.symbol, inOrder(places, x.order).symbol]);
  const behind = (wanted ?? outputSize).map((n, i) => n - outputSize[i]);
  if (!behind.some((n) => n)) return [flowOf(made, x.order)];
  const pad = site.make(() => zeroPadding2d({ padding: [0, 0, behind[0], behind[1]] }));
  return [flowOf(site.apply(pad, made), x.order)];
};

/** A pool over all places, which keeps their axes. */
export function globalPool(site: Site, flow: Flow, maxima: boolean): Flow {
  const rank = rankOf(flow), x = inOrder(flow, channelsLast(rank)), keepDims = true;
  if (rank !== 3 && rank !== 4) throw site.fail("there are layers for 1 and 2 dimensions only");
  const [line, plane] = maxima
    ? [globalMaxPool1d, globalMaxPool2d]
    : [globalAveragePool1d, globalAveragePool2d];
  return flowOf(
    site.apply(rank === 3 ? line({ keepDims }) : plane({ keepDims }), x.symbol),
    x.order,
  );
}

/** Places of maxima in all pictures, made places in their own: as they are here. */
const ownPlaces: Converter = (site) => {
  const places = site.raw(0), { switches } = places;
  if (switches && site.array(1).data.every((n) => n === switches[0] * switches[1])) return [places];
  throw site.fail("there is a layer for places of maxima in their own picture only");
};

/** Pools and what undoes them. */
export const POOL_CONVERTERS: Record<string, Converter> = {
  MaxPool: pool(true),
  AveragePool: pool(false),
  MaxUnpool: unpool,
  Mod: ownPlaces,
  GlobalMaxPool: (site) => [globalPool(site, site.flow(0), true)],
  GlobalAveragePool: (site) => [globalPool(site, site.flow(0), false)],
};
