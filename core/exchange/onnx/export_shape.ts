/** Layers that move values about, as nodes of ONNX. */
import type { Shape } from "../../tensor.ts";
import { floatArray } from "../../formats/onnx/array.ts";
import type { Exporter } from "./export_site.ts";
import { channelsLast } from "./flow.ts";

/** Where an axis of a layer is in ONNX. */
function onnxAxis(axis: number, shape: Shape): number {
  const rank = shape.length + 1;
  return channelsLast(rank)[axis < 0 ? axis + rank : axis];
}

const concatenate: Exporter = ({ to, name, inputs, shapes: [shape], config }) =>
  to.node("Concat", inputs, name, { axis: onnxAxis(config.axis as number, shape) });

const reshape: Exporter = ({ to, name, inputs: [x], shapes: [shape], output }) =>
  to.reshaped(x, shape, output, name);

const permute: Exporter = ({ to, name, inputs: [x], shapes: [shape], config }) => {
  const rank = shape.length + 1, order = [0, ...config.dims as number[]];
  const last = channelsLast(rank);
  // Axis by axis of the output as ONNX has it: which of the input's it is.
  const perm = Array.from({ length: rank }, (_, axis) => last[order[last.indexOf(axis)]]);
  return to.node("Transpose", [x], name, { perm });
};

/** Sides of pictures [top, left, bottom, right] as pads of all axes. */
const padsOf = ([top, left, bottom, right]: number[]) => [0, 0, top, left, 0, 0, bottom, right];

const pad = (mode: string): Exporter => ({ to, name, inputs: [x], config }) => {
  const pads = to.indices(`${name}_pads`, padsOf(config.padding as number[]));
  return to.node("Pad", [x, pads], name, { mode });
};

const crop: Exporter = ({ to, name, inputs: [x], shapes: [[height, width]], config }) => {
  const [top, left, bottom, right] = config.cropping as number[];
  const lists = [[top, left], [height - bottom, width - right], [2, 3]];
  const words = ["from", "to", "axes"];
  return to.node("Slice", [x, ...lists.map((n, i) => to.indices(`${name}_${words[i]}`, n))], name);
};

const resize: Exporter = (site) => {
  const { to, name, inputs: [x], shapes: [shape], output, config } = site;
  const scales = shape.slice(0, -1).map((size, i) => output[i] / size);
  // Scales are float32; where they would be rounded, sizes say it.
  const exact = scales.every((scale) => Math.fround(scale) === scale);
  const how = exact
    ? [to.array(`${name}_scales`, floatArray([scales.length + 2], [1, 1, ...scales]))]
    : ["", to.sizes(x, [output[output.length - 1], ...output.slice(0, -1)], `${name}_size`)];
  const nearest = config.interpolation === "nearest";
  const coordinates = config.coordinates as string | undefined ?? "half_pixel";
  return to.node("Resize", [x, "", ...how], name, {
    mode: nearest ? "nearest" : "linear",
    coordinate_transformation_mode: coordinates,
    nearest_mode: coordinates === "half_pixel" ? "round_prefer_ceil" : "floor",
  });
};

const depthToSpace: Exporter = ({ to, name, inputs: [x], config }) =>
  to.node("DepthToSpace", [x], name, {
    blocksize: config.blockSize as number,
    mode: config.order as string,
  });

const spaceToDepth: Exporter = (site) => {
  const { to, name, inputs: [x], shapes: [[height, width, channels]], config, output } = site;
  const b = config.blockSize as number;
  if (config.order === "DCR") return to.node("SpaceToDepth", [x], name, { blocksize: b });
  // Places in a block are outermost there, and innermost here.
  const folded = to.node("SpaceToDepth", [x], `${name}_folded`, { blocksize: b });
  const split = to.indices(`${name}_blocks`, [0, b * b, channels, height / b, width / b]);
  const parts = to.node("Reshape", [folded, split], `${name}_parts`);
  const moved = to.node("Transpose", [parts], `${name}_moved`, { perm: [0, 2, 1, 3, 4] });
  const shape = to.indices(`${name}_shape`, [0, output[2], output[0], output[1]]);
  return to.node("Reshape", [moved, shape], name);
};

/** Layers that move values about. */
export const SHAPE_EXPORTERS: Record<string, Exporter> = {
  concatenate,
  cropping2d: crop,
  depth_to_space: depthToSpace,
  flatten: reshape,
  reshape,
  permute,
  reflection_padding2d: pad("reflect"),
  zero_padding2d: pad("constant"),
  resizing: resize,
  upsampling1d: resize,
  upsampling2d: resize,
  space_to_depth: spaceToDepth,
};
