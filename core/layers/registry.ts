import { DeconvError } from "../errors.ts";
import { type Config, Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { activationKind } from "./activation.ts";
import { addKind } from "./add.ts";
import { batchNormalizationKind } from "./batch_normalization.ts";
import { concatenateKind } from "./concatenate.ts";
import { conv1dKind } from "./conv1d.ts";
import { conv1dTransposeKind } from "./conv1d_transpose.ts";
import { conv2dKind } from "./conv2d.ts";
import { conv2dTransposeKind } from "./conv2d_transpose.ts";
import { cropping2dKind } from "./cropping2d.ts";
import { denseKind } from "./dense.ts";
import { depthToSpaceKind, spaceToDepthKind } from "./depth_to_space.ts";
import { depthwiseConv1dKind } from "./depthwise_conv1d.ts";
import { depthwiseConv2dKind } from "./depthwise_conv2d.ts";
import { dropoutKind, spatialDropout1dKind, spatialDropout2dKind } from "./dropout.ts";
import { embeddingKind } from "./embedding.ts";
import { gaussianNoiseKind } from "./gaussian_noise.ts";
import {
  globalAveragePool1dKind,
  globalAveragePool2dKind,
  globalMaxPool1dKind,
  globalMaxPool2dKind,
} from "./global_pool.ts";
import { groupNormalizationKind } from "./group_normalization.ts";
import { instanceNormalizationKind } from "./instance_normalization.ts";
import { layerNormalizationKind } from "./layer_normalization.ts";
import { localResponseNormalizationKind } from "./local_response_normalization.ts";
import { maxUnpool2dKind } from "./max_unpool2d.ts";
import { multiplyKind } from "./multiply.ts";
import { permuteKind } from "./permute.ts";
import { averagePool1dKind, maxPool1dKind } from "./pool1d.ts";
import { averagePool2dKind, maxPool2dKind } from "./pool2d.ts";
import { poolSwitches2dKind } from "./pool_switches2d.ts";
import { preluKind } from "./prelu.ts";
import { reflectionPadding2dKind } from "./reflection_padding2d.ts";
import { flattenKind, reshapeKind } from "./reshape.ts";
import { resizeConv2dKind } from "./resize_conv2d.ts";
import { resizingKind } from "./resizing.ts";
import { samplingKind } from "./sampling.ts";
import { separableConv1dKind } from "./separable_conv1d.ts";
import { separableConv2dKind } from "./separable_conv2d.ts";
import { spectralNormalizationKind } from "./spectral_normalization.ts";
import { upsampling1dKind, upsampling2dKind } from "./upsampling.ts";
import { zeroPadding2dKind } from "./zero_padding2d.ts";

/** Every kind of layer there is, by name. */
export const LAYER_KINDS: ReadonlyMap<string, LayerKind> = new Map(
  ([
    activationKind,
    addKind,
    averagePool1dKind,
    averagePool2dKind,
    batchNormalizationKind,
    concatenateKind,
    conv1dKind,
    conv1dTransposeKind,
    conv2dKind,
    conv2dTransposeKind,
    cropping2dKind,
    denseKind,
    depthToSpaceKind,
    depthwiseConv1dKind,
    depthwiseConv2dKind,
    dropoutKind,
    embeddingKind,
    flattenKind,
    gaussianNoiseKind,
    globalAveragePool1dKind,
    globalAveragePool2dKind,
    globalMaxPool1dKind,
    globalMaxPool2dKind,
    groupNormalizationKind,
    instanceNormalizationKind,
    layerNormalizationKind,
    localResponseNormalizationKind,
    maxPool1dKind,
    maxPool2dKind,
    maxUnpool2dKind,
    multiplyKind,
    permuteKind,
    poolSwitches2dKind,
    preluKind,
    reflectionPadding2dKind,
    reshapeKind,
    resizeConv2dKind,
    resizingKind,
    samplingKind,
    separableConv1dKind,
    separableConv2dKind,
    spaceToDepthKind,
    spatialDropout1dKind,
    spatialDropout2dKind,
    spectralNormalizationKind(kindOf),
    upsampling1dKind,
    upsampling2dKind,
    zeroPadding2dKind,
  ] as unknown as LayerKind[]).map((definition) => [definition.kind, definition]),
);

/**
 * The definition of a kind.
 *
 * @throws {DeconvError} For a kind this version does not know.
 */
function kindOf(kind: string): LayerKind {
  const definition = LAYER_KINDS.get(kind);
  if (definition) return definition;
  throw new DeconvError(
    `there is no layer of kind "${kind}"; there are ${[...LAYER_KINDS.keys()].join(", ")}`,
  );
}

/**
 * Makes a layer from its saved kind and configuration.
 *
 * @throws {DeconvError} For a kind this version does not know, or a configuration that is wrong.
 */
export function layerFromConfig(kind: string, options: Config & LayerOptions): Layer {
  return new Layer(kindOf(kind), options);
}
