/** Normalisations, as nodes of ONNX. */
import { sizeOf, type Tensor } from "../../tensor.ts";
import type { Exporter, ExportSite } from "./export_site.ts";

const filled = (shape: readonly number[], value: number): Tensor => ({
  shape,
  data: new Float32Array(sizeOf(shape)).fill(value),
});

/** Gamma and beta, or what stands for them, of this shape. */
function affineOf({ config, parameters }: ExportSite, shape: readonly number[]) {
  const gamma = config.scale ? parameters[0] : filled(shape, 1);
  const beta = config.center ? parameters[config.scale ? 1 : 0] : filled(shape, 0);
  return { gamma, beta };
}

const epsilonOf = ({ config }: ExportSite) => config.epsilon as number;

const batch: Exporter = (site) => {
  const { to, name, inputs, shapes: [shape], parameters, config } = site;
  const { gamma, beta } = affineOf(site, shape.slice(-1)), [mean, variance] = parameters.slice(-2);
  const arrays = [
    to.floats(`${name}.weight`, gamma),
    to.floats(`${name}.bias`, beta),
    to.floats(`${name}.running_mean`, mean),
    to.floats(`${name}.running_var`, variance),
  ];
  const attributes = { epsilon: epsilonOf(site), momentum: config.momentum as number };
  return to.node("BatchNormalization", [inputs[0], ...arrays], name, attributes);
};

/** ONNX's group normalisation came later: groups laid flat are instances. */
const groups: Exporter = (site) => {
  const { to, name, inputs, shapes: [shape], config } = site, channels = shape[shape.length - 1];
  const wanted = config.groups as number | undefined;
  const count = wanted === undefined || wanted === -1 ? channels : wanted;
  const flat = to.node(
    "Reshape",
    [inputs[0], to.indices(`${name}_groups`, [0, count, -1])],
    `${name}_flat`,
  );
  const ones = to.floats(`${name}_ones`, filled([count], 1));
  const none = to.floats(`${name}_zeros`, filled([count], 0));
  const epsilon = epsilonOf(site);
  const even = to.node("InstanceNormalization", [flat, ones, none], `${name}_even`, { epsilon });
  const sizes = [channels, ...shape.slice(0, -1)];
  const back = to.node(
    "Reshape",
    [even, to.indices(`${name}_shape`, [0, ...sizes])],
    `${name}_plain`,
  );
  const { gamma, beta } = affineOf(site, [channels]);
  const along = [channels, ...shape.slice(0, -1).map(() => 1)];
  const scaled = to.node(
    "Mul",
    [back, to.floats(`${name}.weight`, { ...gamma, shape: along })],
    `${name}_scaled`,
  );
  return to.node("Add", [scaled, to.floats(`${name}.bias`, { ...beta, shape: along })], name);
};

const layer: Exporter = (site) => {
  const { to, name, inputs, shapes: [shape], config } = site, rank = shape.length + 1;
  const axes = (Array.isArray(config.axis) ? config.axis as number[] : [config.axis as number])
    .map((axis) => axis < 0 ? axis + rank : axis);
  const axis = Math.min(...axes), { gamma, beta } = affineOf(site, shape.slice(axis - 1));
  const arrays = [to.floats(`${name}.weight`, gamma), to.floats(`${name}.bias`, beta)];
  const x = to.last(inputs[0], rank), epsilon = epsilonOf(site);
  const as = rank < 3 ? name : `${name}_last`;
  return to.first(to.node("LayerNormalization", [x, ...arrays], as, { axis, epsilon }), rank, name);
};

/** As a picture, and with numbers above 0: onnxruntime takes no other. */
const localResponse: Exporter = ({ to, name, inputs: [x], shapes: [shape], config }) => {
  const [size, alpha, beta, bias] = ["size", "alpha", "beta", "bias"].map((key) =>
    config[key] as number
  );
  if (!alpha || !beta) {
    return to.node("Mul", [x, to.scalar(`${name}_scale`, bias ** -beta)], name);
  }
  const attributes = { size, alpha, beta, bias }, channels = shape[shape.length - 1];
  if (shape.length === 3) return to.node("LRN", [x], name, attributes);
  const flat = to.indices(`${name}_picture`, [0, channels, -1, 1]);
  const picture = to.node("Reshape", [x, flat], `${name}_flat`);
  const made = to.node("LRN", [picture], `${name}_even`, attributes);
  const back = to.indices(`${name}_shape`, [0, channels, ...shape.slice(0, -1)]);
  return to.node("Reshape", [made, back], name);
};

/** Normalisations. */
export const NORMALIZATION_EXPORTERS: Record<string, Exporter> = {
  batch_normalization: batch,
  group_normalization: groups,
  instance_normalization: groups,
  layer_normalization: layer,
  local_response_normalization: localResponse,
};
