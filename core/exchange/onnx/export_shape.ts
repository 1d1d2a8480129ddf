import type { ActivationConfig } from "../../layers/activation.ts";
import type { Shape } from "../../tensor.ts";
import { transposed } from "./arrays.ts";
import { floatArray } from "../../formats/onnx/array.ts";
import { activated, beforeName, type Exporter, type ExportSite } from "./export_site.ts";
import { channelsLast } from "./flow.ts";

/** What changes nothing when a model is used. */
const nothing: Exporter = ({ inputs }) => inputs[0];

const dense: Exporter = (site) => {
  const { to, name, inputs: [x], shapes: [shape], config, parameters: [kernel, bias] } = site;
  const rank = shape.length + 1, turned = config.tiedTo !== undefined;
  const w = to.floats(`${name}.weight`, kernel, turned ? [1, 0] : [0, 1]);
  const b = bias ? [to.floats(`${name}.bias`, bias)] : [];
  const active = config.activation as ActivationConfig, before = beforeName(site);
  if (rank < 3) return activated(site, to.node("Gemm", [x, w, ...b], before), active, name);
  const product = to.node("MatMul", [to.last(x, rank), w], `${name}_product`);
  const sum = b.length ? to.node("Add", [product, ...b], `${name}_sum`) : product;
  return activated(site, to.first(sum, rank, before), active, name);
};

/** Where an axis of a layer is in ONNX. */
function onnxAxis(axis: number, shape: Shape): number {
  const rank = shape.length + 1;
  return channelsLast(rank)[axis < 0 ? axis + rank : axis];
}

/** Inputs with as many axes as the longest has, ones in front. */
function aligned({ to, name, inputs, shapes, output }: ExportSite): string[] {
  return inputs.map((x, i) => {
    const shape = shapes[i], missing = output.length - shape.length;
    if (!missing) return x;
    const longer = [...Array.from({ length: missing }, () => 1), ...shape];
    return to.reshaped(x, shape, longer, `${name}_input${i + 1}`);
  });
}

const merge = (op: string): Exporter => (site) => {
  const [first, ...others] = aligned(site), { to, name } = site;
  return others.reduce(
    (sum, x, i) => to.node(op, [sum, x], i === others.length - 1 ? name : `${name}_part${i + 1}`),
    first,
  );
};

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

const embedding: Exporter = (
  { to, name, inputs: [x], shapes: [shape], parameters: [table], output },
) => {
  const numbers = to.node("Cast", [to.last(x, shape.length + 1)], `${name}_numbers`, { to: 7 });
  const rows = to.floats(`${name}.weight`, table);
  const made = to.node("Gather", [rows, numbers], `${name}_rows`, { axis: 0 });
  return to.first(made, output.length + 1, name);
};

const prelu: Exporter = ({ to, name, inputs: [x], parameters: [alpha] }) => {
  const order = channelsLast(alpha.shape.length + 1).length;
  const { shape } = alpha, rank = shape.length;
  const first = order < 3 ? [0] : [rank - 1, ...Array.from({ length: rank - 1 }, (_, i) => i)];
  const { data, shape: sizes } = transposed(floatArray(shape, alpha.data), first);
  return to.node("PRelu", [x, to.array(`${name}.weight`, floatArray(sizes, data))], name);
};

/** All layers that are neither convolutions nor pools nor normalisations. */
export const OTHER_EXPORTERS: Record<string, Exporter> = {
  activation: (site) =>
    activated(site, site.inputs[0], site.config as unknown as ActivationConfig, site.name),
  add: merge("Add"),
  multiply: merge("Mul"),
  concatenate,
  cropping2d: crop,
  dense,
  depth_to_space: depthToSpace,
  dropout: nothing,
  spatial_dropout1d: nothing,
  spatial_dropout2d: nothing,
  gaussian_noise: nothing,
  embedding,
  flatten: reshape,
  reshape,
  permute,
  prelu,
  reflection_padding2d: pad("reflect"),
  zero_padding2d: pad("constant"),
  resizing: resize,
  upsampling1d: resize,
  upsampling2d: resize,
  // The mean is what it gives when a model is used.
  sampling: nothing,
  space_to_depth: spaceToDepth,
};
