/** Normalisations, as layers. */
import { expectSmall, type OnnxArray } from "../../formats/onnx/array.ts";
import type { Layer } from "../../layer.ts";
import { batchNormalization } from "../../layers/batch_normalization.ts";
import { groupNormalization } from "../../layers/group_normalization.ts";
import { instanceNormalization } from "../../layers/instance_normalization.ts";
import { layerNormalization } from "../../layers/layer_normalization.ts";
import { localResponseNormalization } from "../../layers/local_response_normalization.ts";
import { sizeOf, type Tensor } from "../../tensor.ts";
import { tensorOf } from "./arrays.ts";
import { channelsLast, flowOf, inOrder, naturalOrder, onnxShape, rankOf } from "./flow.ts";
import type { Converter, Site } from "./site.ts";

const epsilonOf = (site: Site) => site.number("epsilon", 1e-5);

/** A layer that normalises channels, wherever else it looks. */
function overChannels(site: Site, layer: () => Layer, weights: Record<string, Tensor>) {
  const flow = site.flow(0), x = inOrder(flow, channelsLast(rankOf(flow)));
  return [flowOf(site.apply(site.make(layer), x.symbol, weights), x.order)];
}

const batch: Converter = (site) => {
  if (site.number("training_mode", 0)) throw site.fail("statistics of a batch are not read");
  if (!site.number("spatial", 1)) throw site.fail("statistics of each place are not read");
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => tensorOf(site.array(i)));
  const options = { epsilon: epsilonOf(site), momentum: site.number("momentum", 0.9) };
  const weights = { gamma, beta, moving_mean: mean, moving_variance: variance };
  return overChannels(site, () => batchNormalization(options), weights);
};

const instance: Converter = (site) => {
  const weights = { gamma: tensorOf(site.array(1)), beta: tensorOf(site.array(2)) };
  return overChannels(site, () => instanceNormalization({ epsilon: epsilonOf(site) }), weights);
};

const group: Converter = (site) => {
  const groups = site.number("num_groups", 1), channels = onnxShape(site.flow(0))[0];
  // Before opset 21 there is a factor for each group.
  expectSmall([channels]);
  const spread = ({ data }: OnnxArray): Tensor => ({
    shape: [channels],
    data: Float32Array.from(
      { length: channels },
      (_, i) => data[data.length === channels ? i : Math.floor(i * groups / channels)],
    ),
  });
  const weights = { gamma: spread(site.array(1)), beta: spread(site.array(2)) };
  return overChannels(
    site,
    () => groupNormalization({ groups, epsilon: epsilonOf(site) }),
    weights,
  );
};

const layer: Converter = (site) => {
  const flow = site.flow(0), rank = rankOf(flow), order = naturalOrder(rank);
  const first = site.axis(site.number("axis", -1), rank);
  const axes = site.list("axes")?.map((axis) => site.axis(axis, rank)) ?? order.slice(first);
  if (axes.includes(0)) throw site.fail("there is no layer that normalises over the batch");
  const tail = flow.order.filter((axis) => axes.includes(axis));
  const lying = site.list("axes")
    ? [...flow.order.filter((axis) => !axes.includes(axis)), ...tail]
    : order;
  const x = inOrder(flow, lying), shape = x.symbol.shape.slice(rank - 1 - axes.length);
  const as = (array: OnnxArray): Tensor => {
    if (array.data.length !== sizeOf(shape)) {
      throw site.fail("its scale is not as large as its axes");
    }
    return { ...tensorOf(array), shape };
  };
  const scale = site.has(1), center = site.has(2);
  const weights = {
    ...scale && { gamma: as(site.array(1)) },
    ...center && { beta: as(site.array(2)) },
  };
  const axis = order.slice(rank - axes.length), epsilon = epsilonOf(site);
  const make = () => layerNormalization({ axis, epsilon, center, scale });
  const made = flowOf(site.apply(site.make(make), x.symbol, weights), x.order);
  return [site.list("axes") ? inOrder(made, flow.order) : made];
};

const localResponse: Converter = (site) => {
  const options = {
    size: site.number("size", 0),
    alpha: site.number("alpha", 1e-4),
    beta: site.number("beta", 0.75),
    bias: site.number("bias", 1),
  };
  return overChannels(site, () => localResponseNormalization(options), {});
};

/** Normalisations. */
export const NORMALIZATION_CONVERTERS: Record<string, Converter> = {
  BatchNormalization: batch,
  InstanceNormalization: instance,
  GroupNormalization: group,
  LayerNormalization: layer,
  LRN: localResponse,
};
