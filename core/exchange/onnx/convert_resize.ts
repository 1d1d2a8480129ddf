/** What makes pictures larger or smaller, as layers. */
import type { Layer } from "../../layer.ts";
import { depthToSpace, spaceToDepth } from "../../layers/depth_to_space.ts";
import { resizing } from "../../layers/resizing.ts";
import { type Coordinates, type Interpolation, resampledAxes } from "../../resampling.ts";
import { channelsLast, flowOf, inOrder, onnxShape, overPlane, rankOf } from "./flow.ts";
import { type ResizeAxis, type ResizeOptions, resizeTaps, type Taps } from "./resize_axes.ts";
import { type Converter, isFlow, type Site } from "./site.ts";

/** Places that an axis of a resized picture may have. */
const MOST_PLACES = 2 ** 16;

/** Where the layer can have places; what is usual first. */
const COORDINATES: readonly Coordinates[] = ["half_pixel", "asymmetric", "align_corners"];

/** The axes of a Resize or Upsample of an array of this shape, batch included, and how. */
export function resizeOf(site: Site, shape: readonly number[]): {
  axes: readonly ResizeAxis[];
  options: ResizeOptions;
} {
  const old = site.node.op === "Upsample" || site.context.opset < 11, rank = shape.length;
  const chosen = site.list("axes")?.map((axis) => site.axis(axis, rank)) ?? shape.map((_, i) => i);
  const spread = (values: readonly number[] | null, fill: readonly number[]) => {
    if (!values?.length) return null;
    if (values.length !== chosen.length) {
      throw site.fail("it has not one scale or size for each axis");
    }
    return fill.map((other, axis) => chosen.includes(axis) ? values[chosen.indexOf(axis)] : other);
  };
  const ones = shape.map(() => 1);
  const scales = spread(old ? site.listOr("scales", 1) : site.numbers(2), ones);
  const given = old ? null : site.numbers(3);
  // The batch of a network is free, and none of its sizes.
  const free = isFlow(site.values[0]!) && given?.length === rank;
  const sizes = spread(free ? given.with(0, 1) : given, shape);
  if (!scales && !sizes) throw site.fail("it has neither scales nor sizes");
  let out = sizes ?? shape.map((size, i) => Math.floor(size * scales![i]));
  let ratio = scales ?? shape.map((size, i) => out[i] / size);
  const policy = site.text("keep_aspect_ratio_policy", "stretch");
  if (sizes && policy !== "stretch") {
    const pick = policy === "not_larger" ? Math.min : Math.max;
    const common = pick(...chosen.map((axis) => ratio[axis]));
    ratio = ratio.map((r, axis) => chosen.includes(axis) ? common : r);
    out = shape.map((size, i) => chosen.includes(i) ? Math.floor(size * ratio[i] + 0.5) : size);
  }
  const roi = site.has(1) && !old ? [...site.array(1).data] : [];
  const axes = shape.map((size, i): ResizeAxis => {
    const k = chosen.indexOf(i), some = roi.length === 2 * chosen.length && k >= 0;
    return {
      size,
      out: out[i],
      scale: ratio[i],
      roi: some ? [roi[k], roi[k + chosen.length]] : [0, 1],
    };
  });
  if (!axes.every(({ out, scale }) => out >= 1 && out <= MOST_PLACES && scale > 0)) {
    throw site.fail("it makes axes of no size, or too large");
  }
  return {
    axes,
    options: {
      mode: site.text("mode", "nearest"),
      transform: site.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
      rounding: site.text("nearest_mode", old ? "floor" : "round_prefer_floor"),
      cubic: site.number("cubic_coeff_a", -0.75),
      excludeOutside: site.number("exclude_outside", 0) === 1,
      antialias: site.number("antialias", 0) === 1,
      outside: site.number("extrapolation_value", 0),
    },
  };
}

/** How the layer interpolates, if it makes what is asked for. */
function interpolationFor(
  axes: readonly ResizeAxis[],
  options: ResizeOptions,
): { interpolation: Interpolation; coordinates: Coordinates } | null {
  const interpolation = options.mode === "nearest"
    ? "nearest"
    : options.mode === "linear"
    ? "bilinear"
    : null;
  if (!interpolation) return null;
  const coordinates = COORDINATES.find((coordinates) =>
    axes.every((axis) => {
      const [{ spans }] = resampledAxes([axis.size, 1], [axis.out, 1], interpolation, coordinates);
      return resizeTaps(axis, options).every((taps, i) => taps && sameTaps(taps, spans[i]));
    })
  );
  return coordinates && (interpolation !== "nearest" || coordinates !== "align_corners")
    ? { interpolation, coordinates }
    : null;
}

/** Whether taps and a span count every value alike. */
function sameTaps(taps: Taps, { first, weights }: { first: number; weights: readonly number[] }) {
  const sums = new Map<number, number>();
  for (const [index, weight] of taps) sums.set(index, (sums.get(index) ?? 0) + weight);
  weights.forEach((weight, k) => sums.set(first + k, (sums.get(first + k) ?? 0) - weight));
  return [...sums.values()].every((rest) => Math.abs(rest) < 1e-6);
}

const resize: Converter = (site) => {
  const flow = site.flow(0);
  // The batch is a size that nothing changes.
  const { axes, options } = resizeOf(site, [1, ...onnxShape(flow)]);
  const changed = axes.flatMap(({ size, out }, i) => size !== out ? [i] : []);
  if (!changed.length) return [flow];
  const how = interpolationFor(changed.map((i) => axes[i]), options);
  if (!how || changed[0] === 0 || changed.length > 2) {
    throw site.fail(
      `there is no layer that interpolates so (${options.mode}, ${options.transform}, ${changed.length} axes)`,
    );
  }
  const made = overPlane(flow, changed, (picture, [rows, columns]) => {
    const size = (axis: number) => axis < 0 ? 1 : axes[axis].out;
    const layer = resizing({ height: size(rows), width: size(columns), ...how });
    return site.apply(layer, picture);
  });
  return [inOrder(made, flow.order)];
};

const blocks = (make: (site: Site) => Layer): Converter => (site) => {
  const flow = site.flow(0);
  if (rankOf(flow) !== 4) throw site.fail("it is not of pictures");
  const x = inOrder(flow, channelsLast(4));
  return [flowOf(site.apply(site.make(() => make(site)), x.symbol), x.order)];
};

/** What makes pictures larger or smaller. */
export const RESIZE_CONVERTERS: Record<string, Converter> = {
  Resize: resize,
  Upsample: resize,
  DepthToSpace: blocks((site) => {
    const order = site.text("mode", "DCR") as "DCR" | "CRD";
    return depthToSpace({ blockSize: site.number("blocksize", 0), order });
  }),
  SpaceToDepth: blocks((site) => spaceToDepth({ blockSize: site.number("blocksize", 0) })),
};
