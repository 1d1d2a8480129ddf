/**
 * deconv builds, trains and explains convolutional and deconvolutional (transposed-convolution)
 * neural networks, in Deno, Node, Bun or a browser, on WebAssembly SIMD with threads.
 *
 * @example Train an autoencoder on generated pictures and look at what comes out
 * ```ts
 * import { adam, conv2d, conv2dTranspose, sequential, shapes } from "@deconv/deconv";
 *
 * const net = sequential([
 *   conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: "same", activation: "relu", inputShape: [32, 32, 3] }),
 *   conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same", activation: "sigmoid" }),
 * ]);
 * net.compile({ optimizer: adam(), loss: "binary_crossentropy" });
 * const { history } = await net.fitDataset(shapes({ size: 128 }), { target: "input", epochs: 2 });
 * console.log(history.loss);
 * ```
 *
 * @module
 */
export { DeconvError } from "./core/errors.ts";
export type { ReadModelOptions } from "./core/exchange/assembly.ts";
export type { Json } from "./core/json.ts";
export { sameShape, type Shape, shapeText, type Tensor, tensor, zeros } from "./core/tensor.ts";
export { type Random, random } from "./core/random.ts";
export {
  type Icnr,
  initialize,
  type InitializeOptions,
  type Initializer,
  type InitializerConfig,
  type InitializerName,
  type VarianceScaling,
} from "./core/initializers.ts";
export type { Block } from "./core/block.ts";
export {
  type Config,
  input,
  type Layer,
  type LayerKind,
  type LayerOptions,
  type LayerPart,
  type ParameterSpec,
  type Relevance,
  type Symbolic,
} from "./core/layer.ts";
export type {
  BackwardContext,
  ForwardContext,
  GradientRule,
  Lowering,
  Operation,
  Parameter,
  Value,
} from "./core/operation.ts";
export type { Cells } from "./core/reach.ts";
export { l1, l1l2, l2, type Regularizer, type RegularizerConfig } from "./core/regularizers.ts";
export {
  type Constraint,
  type ConstraintConfig,
  maxNorm,
  minMaxNorm,
  nonNeg,
  type NormAxis,
  unitNorm,
} from "./core/constraints.ts";
export type { BiasRules, KernelRules } from "./core/weight_rules.ts";
export type { Precision } from "./core/algorithm.ts";
export type { ConvOptions, Padding, Pair } from "./core/geometry.ts";
export type { SignalWindowOptions, WindowOptions } from "./core/pooling.ts";
export type { Coordinates, Interpolation } from "./core/resampling.ts";
export type { SignalConvOptions, SignalPadding } from "./core/signal_geometry.ts";
export {
  type Activation,
  activation,
  type ActivationConfig,
  type ActivationName,
} from "./core/layers/activation.ts";
export { add } from "./core/layers/add.ts";
export {
  batchNormalization,
  type BatchNormalizationOptions,
} from "./core/layers/batch_normalization.ts";
export type { Sides } from "./core/layers/borders.ts";
export { concatenate, type ConcatenateOptions } from "./core/layers/concatenate.ts";
export { conv1d, type Conv1dOptions } from "./core/layers/conv1d.ts";
export { conv1dTranspose, type Conv1dTransposeOptions } from "./core/layers/conv1d_transpose.ts";
export { conv2d, type Conv2dOptions } from "./core/layers/conv2d.ts";
export { conv2dTranspose, type Conv2dTransposeOptions } from "./core/layers/conv2d_transpose.ts";
export type { EndingOptions, FilterOptions } from "./core/layers/convolution.ts";
export { cropping2d, type Cropping2dOptions } from "./core/layers/cropping2d.ts";
export { dense, type DenseOptions } from "./core/layers/dense.ts";
export {
  type BlockOrder,
  depthToSpace,
  type DepthToSpaceOptions,
  spaceToDepth,
} from "./core/layers/depth_to_space.ts";
export type { DepthwiseOptions, SeparableOptions } from "./core/layers/depthwise.ts";
export { depthwiseConv1d, type DepthwiseConv1dOptions } from "./core/layers/depthwise_conv1d.ts";
export { depthwiseConv2d, type DepthwiseConv2dOptions } from "./core/layers/depthwise_conv2d.ts";
export { dropout, spatialDropout1d, spatialDropout2d } from "./core/layers/dropout.ts";
export { embedding, type EmbeddingOptions } from "./core/layers/embedding.ts";
export { gaussianNoise } from "./core/layers/gaussian_noise.ts";
export {
  globalAveragePool1d,
  globalAveragePool2d,
  globalMaxPool1d,
  globalMaxPool2d,
  type GlobalPoolOptions,
} from "./core/layers/global_pool.ts";
export {
  groupNormalization,
  type GroupNormalizationOptions,
} from "./core/layers/group_normalization.ts";
export { instanceNormalization } from "./core/layers/instance_normalization.ts";
export {
  layerNormalization,
  type LayerNormalizationOptions,
} from "./core/layers/layer_normalization.ts";
export {
  localResponseNormalization,
  type LocalResponseNormalizationOptions,
} from "./core/layers/local_response_normalization.ts";
export { maxUnpool2d, type MaxUnpool2dOptions } from "./core/layers/max_unpool2d.ts";
export { multiply } from "./core/layers/multiply.ts";
export type { NormalizationOptions } from "./core/layers/normalization.ts";
export type { KernelOptions } from "./core/layers/kernel.ts";
export { permute } from "./core/layers/permute.ts";
export {
  averagePool1d,
  type AveragePool1dOptions,
  maxPool1d,
  type Pool1dOptions,
} from "./core/layers/pool1d.ts";
export {
  averagePool2d,
  type AveragePool2dOptions,
  maxPool2d,
  type Pool2dOptions,
} from "./core/layers/pool2d.ts";
export { poolSwitches2d, switchesOf } from "./core/layers/pool_switches2d.ts";
export { prelu, type PreluOptions } from "./core/layers/prelu.ts";
export {
  reflectionPadding2d,
  type ReflectionPadding2dOptions,
} from "./core/layers/reflection_padding2d.ts";
export { flatten, reshape } from "./core/layers/reshape.ts";
export { resizeConv2d, type ResizeConv2dOptions } from "./core/layers/resize_conv2d.ts";
export { resizing, type ResizingOptions } from "./core/layers/resizing.ts";
export { sampling, type SamplingOptions } from "./core/layers/sampling.ts";
export { separableConv1d, type SeparableConv1dOptions } from "./core/layers/separable_conv1d.ts";
export { separableConv2d, type SeparableConv2dOptions } from "./core/layers/separable_conv2d.ts";
export {
  spectralNormalization,
  type SpectralNormalizationOptions,
} from "./core/layers/spectral_normalization.ts";
export {
  upsampling1d,
  type Upsampling1dOptions,
  upsampling2d,
  type Upsampling2dOptions,
} from "./core/layers/upsampling.ts";
export { zeroPadding2d, type ZeroPadding2dOptions } from "./core/layers/zero_padding2d.ts";
export { Model } from "./core/model.ts";
export {
  type BackwardOptions,
  Differentiable,
  type ForwardOptions,
  type Watched,
} from "./core/differentiable.ts";
export { type LayerActivation, Network, type Tensors } from "./core/network.ts";
export { model, type ModelOptions, sequential } from "./core/sequential.ts";
export type { Graph, GraphNode } from "./core/graph.ts";
export type { Compiled, CompileOptions, Logs } from "./core/train.ts";
export type { LayerOptimizers, OptimizerTable } from "./core/layer_optimizers.ts";
export type { FitOptions, History } from "./core/fit.ts";
export type {
  BatchPosition,
  Callback,
  CallbackState,
  TrainingRun,
} from "./core/callbacks/callback.ts";
export type { MonitorOptions } from "./core/callbacks/monitor.ts";
export { csvLogger } from "./core/callbacks/csv_logger.ts";
export { earlyStopping, type EarlyStoppingOptions } from "./core/callbacks/early_stopping.ts";
export {
  exponentialMovingAverage,
  type ExponentialMovingAverageOptions,
} from "./core/callbacks/exponential_moving_average.ts";
export { lambdaCallback } from "./core/callbacks/lambda.ts";
export { learningRateScheduler } from "./core/callbacks/learning_rate_scheduler.ts";
export { modelCheckpoint, type ModelCheckpointOptions } from "./core/callbacks/model_checkpoint.ts";
export {
  reduceLROnPlateau,
  type ReduceLROnPlateauOptions,
} from "./core/callbacks/reduce_lr_on_plateau.ts";
export { terminateOnNaN } from "./core/callbacks/terminate_on_nan.ts";
export type { Loss, LossName, LossOptions, WeightedLosses } from "./core/losses.ts";
export type { LossConfig } from "./core/losses/loss.ts";
export type { CustomLoss } from "./core/losses/custom.ts";
export { klStandardNormal } from "./core/losses/kl_standard_normal.ts";
export type { Metric, MetricName, MetricOptions, Metrics } from "./core/metrics.ts";
export type { MetricConfig } from "./core/metrics/metric.ts";
export {
  type ConfusionMatrix,
  confusionMatrix,
  type ConfusionOptions,
} from "./core/metrics/confusion.ts";
export {
  adagrad,
  adam,
  type AdamOptions,
  adamw,
  makeOptimizer,
  type OptimizerName,
  rmsprop,
  sgd,
} from "./core/optimizers.ts";
export { Optimizer, type OptimizerOptions } from "./core/optimizer.ts";
export {
  type CosineSchedule,
  type ExponentialSchedule,
  type InverseTimeSchedule,
  type LearningRate,
  learningRateAt,
  type OneCycleSchedule,
  type PolynomialSchedule,
  type Schedule,
  type StepSchedule,
} from "./core/schedules.ts";
export type { Arithmetic } from "./core/wasm/module.ts";
export { getArithmetic, getThreads, setArithmetic, setThreads } from "./core/wasm/runtime.ts";
export { type DecodedModel, decodeModel, encodeModel } from "./core/save.ts";
export {
  inspectModelFile,
  loadModel,
  loadModelFile,
  type LoadOptions,
  type ModelSource,
  saveModel,
} from "./core/file.ts";
export { type InspectedTensor, type Inspection, inspectModel } from "./core/exchange/inspect.ts";
export { FORMAT_NAMES, type ModelFormat } from "./core/exchange/sniff.ts";
export { layerFlops } from "./core/exchange/flops.ts";
export { decodeConvNetJs } from "./core/exchange/convnetjs.ts";
export { encodeKeras } from "./core/exchange/keras/encode.ts";
export { decodeKeras, decodeKerasH5 } from "./core/exchange/keras/decode.ts";
export {
  type DecodedOnnx,
  decodeOnnx,
  type DecodeOnnxOptions,
} from "./core/exchange/onnx/decode.ts";
export { encodeOnnx } from "./core/exchange/onnx/encode.ts";
export { decodeTfjs, type EncodedTfjs, encodeTfjs, type ReadShard } from "./core/exchange/tfjs.ts";
export { loadWeights, type LoadWeightsOptions, type NamedTensor } from "./core/exchange/weights.ts";
export { decodePyTorch, type PyTorchTensor } from "./core/formats/pytorch.ts";
export { preset, PRESET_NAMES } from "./core/presets.ts";
export type {
  Adversary,
  Baseline,
  BuildOptions,
  PrepareOptions,
  Preset,
  PresetData,
} from "./core/presets/preset.ts";
export { submodel, type SubmodelOptions } from "./core/submodel.ts";
export { partOf, type PartOptions, unfuse } from "./core/explain/unfuse.ts";
export {
  type ClassTarget,
  type ErrorTarget,
  type Evaluated,
  type PixelsTarget,
  type Reduce,
  type ResolvedTarget,
  resolveTarget,
  type Scalar,
  type ScalarTarget,
  type Target,
  type UnitTarget,
} from "./core/explain/target.ts";
export {
  type ExplainOptions,
  type TargetGradient,
  targetGradient,
} from "./core/explain/gradient.ts";
export { atlas, type AtlasOptions } from "./core/explain/atlas.ts";
export type { Atlas, AtlasLayer, AtlasPatch, AtlasUnit } from "./core/explain/atlas/data.ts";
export {
  type AtlasPictures,
  atlasPictures,
  type AtlasPicturesOptions,
} from "./core/explain/atlas/pictures.ts";
export {
  type Activated,
  type Deconvnet,
  deconvnet,
  type DeconvnetOptions,
} from "./core/explain/deconvnet.ts";
export {
  type LayerField,
  receptiveField,
  receptiveFields,
  receptiveFieldTable,
  type Rectangle,
  type Unit,
} from "./core/explain/receptive_field.ts";
export type { InputBaseline } from "./core/explain/baseline.ts";
export type { CamOptions } from "./core/explain/cam.ts";
export { gradCam } from "./core/explain/grad_cam.ts";
export { gradCamPlusPlus } from "./core/explain/grad_cam_plus_plus.ts";
export { guidedGradCam } from "./core/explain/guided_grad_cam.ts";
export { hiResCam } from "./core/explain/hi_res_cam.ts";
export { layerCam } from "./core/explain/layer_cam.ts";
export { scoreCam, type ScoreCamOptions } from "./core/explain/score_cam.ts";
export type { Attribute, ChannelSum } from "./core/explain/evidence/attribute.ts";
export {
  type Completeness,
  completeness,
  type CompletenessOptions,
} from "./core/explain/evidence/completeness.ts";
export {
  type Curve,
  type CurveOptions,
  deletion,
  insertion,
} from "./core/explain/evidence/curves.ts";
export {
  type Infidelity,
  infidelity,
  type InfidelityOptions,
} from "./core/explain/evidence/infidelity.ts";
export {
  maxSensitivity,
  type MaxSensitivityOptions,
} from "./core/explain/evidence/max_sensitivity.ts";
export {
  type RandomLogitTest,
  randomLogitTest,
  type RandomLogitTestOptions,
} from "./core/explain/evidence/random_logit_test.ts";
export {
  type RandomizationTest,
  randomizationTest,
  type RandomizationTestOptions,
  type RandomizationVerdict,
} from "./core/explain/evidence/randomization_test.ts";
export type { Similarity } from "./core/explain/evidence/similarity.ts";
export { sparseness } from "./core/explain/evidence/sparseness.ts";
export {
  type Evidence,
  evidence,
  type EvidenceOptions,
  type MeasureOptions,
} from "./core/explain/evidence.ts";
export { featureAblation, type FeatureAblationOptions } from "./core/explain/feature_ablation.ts";
export { type KernelShap, kernelShap, type KernelShapOptions } from "./core/explain/kernel_shap.ts";
export { occlusion, type OcclusionOptions } from "./core/explain/occlusion.ts";
export { rise, type RiseOptions } from "./core/explain/rise.ts";
export { lrp, type LrpOptions, type LrpResult } from "./core/explain/lrp.ts";
export type { LrpAssignment, LrpPreset, LrpPresetName } from "./core/explain/lrp/presets.ts";
export type { LrpRule, LrpRuleName, LrpSharedOptions } from "./core/explain/lrp/rules.ts";
export type { CompleteMap, Method } from "./core/explain/method.ts";
export type { Quadrature } from "./core/explain/quadrature.ts";
export { deepLift, type DeepLiftOptions } from "./core/explain/deep_lift.ts";
export { deconvnetRule } from "./core/explain/deconvnet_rule.ts";
export {
  expectedGradients,
  type ExpectedGradientsOptions,
} from "./core/explain/expected_gradients.ts";
export { guidedBackprop } from "./core/explain/guided_backprop.ts";
export { inputXGradient } from "./core/explain/input_x_gradient.ts";
export {
  integratedGradients,
  type IntegratedGradientsOptions,
} from "./core/explain/integrated_gradients.ts";
export {
  smoothGrad,
  type SmoothGradOptions,
  smoothGradSquared,
  varGrad,
} from "./core/explain/smooth_grad.ts";
export {
  type FeatureVisualization,
  featureVisualization,
  type FeatureVisualizationOptions,
} from "./core/explain/feature_visualization.ts";
export { colorCorrelation, type ColorMatrix } from "./core/explain/feature_visualization/colors.ts";
export {
  activationDirection,
  wholeLayer,
} from "./core/explain/feature_visualization/objectives.ts";
export type { Transformations } from "./core/explain/feature_visualization/transform.ts";
export {
  type LatentSearch,
  latentSearch,
  type LatentSearchOptions,
} from "./core/explain/latent_search.ts";
export { type FeatureRow, featureSheet, type FeatureSheetOptions } from "./core/image/features.ts";
export {
  deadUnits,
  type DeadUnitsOptions,
  deadUnitsTable,
  type LayerActivity,
} from "./core/explain/network/dead_units.ts";
export {
  type FilmRow,
  type FilmStrip,
  filmStrip,
  type FilmStripOptions,
  type FilmTake,
} from "./core/explain/network/film_strip.ts";
export {
  type FilterSimilarity,
  filterSimilarity,
  type FilterSimilarityOptions,
} from "./core/explain/network/filter_similarity.ts";
export {
  type LinearProbe,
  linearProbes,
  type LinearProbesOptions,
} from "./core/explain/network/linear_probes.ts";
export {
  type Histogram,
  type HistogramSeries,
  type TrainingHistograms,
  trainingHistograms,
  type TrainingHistogramsOptions,
} from "./core/explain/network/training_histograms.ts";
export { type FilmPictures, filmStripSheet } from "./core/image/film_strip.ts";
export { filterSimilaritySheet, type SimilarityPicture } from "./core/image/filter_similarity.ts";
export { linearProbeSheet, type ProbeBar } from "./core/image/linear_probes.ts";
export {
  type HistogramPicture,
  type HistogramPictures,
  histogramSheet,
} from "./core/image/training_histograms.ts";
export { saliency } from "./core/explain/saliency.ts";
export type { Segmentation } from "./core/explain/segments.ts";
export type { ManyPasses } from "./core/explain/variants.ts";
export {
  CHECKERBOARD,
  type CheckerboardDiagnosis,
  type CheckerboardOptions,
  type CheckerboardVerdict,
  diagnoseCheckerboard,
  type LayerDiagnosis,
  type SideDiagnosis,
} from "./core/explain/checkerboard.ts";
export { holes, type OverlapMap, unevenness } from "./core/explain/checkerboard/overlap.ts";
export {
  type CheckerboardRewrite,
  rewriteCheckerboard,
  type RewriteOptions,
} from "./core/explain/checkerboard/rewrite.ts";
export {
  type CheckerboardScore,
  checkerboardScore,
  type Period,
  powerSpectrum,
  type Spectrum,
} from "./core/explain/checkerboard/spectrum.ts";
export {
  checkerboardSheet,
  type CheckerboardSheetOptions,
  type CheckerboardSide,
  type OverlapPicture,
} from "./core/image/checkerboard.ts";
export {
  type AdversarialLogs,
  type AdversarialOptions,
  type Adversaries,
  trainAdversaries,
} from "./core/adversarial.ts";
export { drawLatent, generatorOf, latentWalk } from "./core/latent.ts";
export { sampleSheet, type SampleSheetOptions } from "./core/image/samples.ts";
export { crops, type CropsOptions } from "./core/data/crops.ts";
export { doubledBicubic, halved } from "./core/data/resample.ts";
export {
  SENTENCE_ALPHABET,
  SENTENCE_CLASSES,
  sentences,
  type SentencesOptions,
} from "./core/data/sentences.ts";
export { TONE_CLASSES, TONE_RATE, tones, type TonesOptions } from "./core/data/tones.ts";
export type { DatasetTarget } from "./core/source.ts";
export {
  type Dataset,
  fromTensors,
  shuffle,
  slice,
  split,
  subset,
  take,
} from "./core/data/dataset.ts";
export { cache, type CacheOptions } from "./core/data/cache.ts";
export { concat, zip } from "./core/data/combine.ts";
export { map, type MapOptions, type Mapped } from "./core/data/map.ts";
export {
  type Batch,
  batchCount,
  batches,
  type BatchOptions,
  readBatches,
} from "./core/data/batches.ts";
export { augment, type AugmentOptions } from "./core/data/augment/augment.ts";
export {
  augmentation,
  TRANSFORMATION_KINDS,
  type TransformationConfig,
  type TransformationKind,
  type TransformationKinds,
} from "./core/data/augment/augmentation.ts";
export { type BrightnessOptions, randomBrightness } from "./core/data/augment/brightness.ts";
export { type ContrastOptions, randomContrast } from "./core/data/augment/contrast.ts";
export { type CropOptions, randomCrop } from "./core/data/augment/crop.ts";
export { cutmix } from "./core/data/augment/cutmix.ts";
export type { Draw } from "./core/data/augment/draw.ts";
export { type ErasingOptions, randomErasing } from "./core/data/augment/erase.ts";
export type { FillMode, FillOptions } from "./core/data/augment/fill.ts";
export { type FlipOptions, randomFlip } from "./core/data/augment/flip.ts";
export { randomGrayscale } from "./core/data/augment/grayscale.ts";
export { type HueOptions, randomHue } from "./core/data/augment/hue.ts";
export { type MixOptions, mixup } from "./core/data/augment/mixup.ts";
export { type NoiseOptions, randomNoise } from "./core/data/augment/noise.ts";
export { normalize, type NormalizeOptions } from "./core/data/augment/normalize.ts";
export { oneOf } from "./core/data/augment/one_of.ts";
export { parseAugmentation } from "./core/data/augment/parse.ts";
export type { Raster } from "./core/data/augment/raster.ts";
export type { ResampleOptions } from "./core/data/augment/resample.ts";
export { randomRotation, type RotationOptions } from "./core/data/augment/rotate.ts";
export { randomSaturation, type SaturationOptions } from "./core/data/augment/saturation.ts";
export { randomShear, type ShearOptions } from "./core/data/augment/shear.ts";
export { randomShift, type ShiftOptions } from "./core/data/augment/shift.ts";
export type {
  PairTransformation,
  PictureTransformation,
  Reach,
  Transformation,
  TransformationCommon,
  TransformationData,
  TransformationOptions,
} from "./core/data/augment/transformation.ts";
export { randomZoom, type ZoomOptions } from "./core/data/augment/zoom.ts";
export type { ByteSource } from "./core/data/bytes.ts";
export { cifar10, CIFAR10_CLASSES } from "./core/data/cifar10.ts";
export { cifar100, type Cifar100Labels } from "./core/data/cifar100.ts";
export { openCifar10, openCifar100 } from "./core/data/cifar_folder.ts";
export { FASHION_MNIST_CLASSES, idx } from "./core/data/idx.ts";
export { type OpenedIdx, openIdx } from "./core/data/idx_folder.ts";
export { type MaskOptions, openMaskPairs, pairFolders, pairNames } from "./core/data/mask_pairs.ts";
export { openImageFolder } from "./core/data/image_folder.ts";
export { pictureFiles, type PictureOptions } from "./core/data/picture_files.ts";
export type { Alpha } from "./core/data/picture_values.ts";
export type { Fit } from "./core/data/fit_picture.ts";
export { csv, type CsvOptions, openCsv } from "./core/data/csv.ts";
export { fromText, type TextOptions } from "./core/data/text.ts";
export {
  fromSamples,
  type OpenedSound,
  openWav,
  type SoundOptions,
  wav,
} from "./core/data/sound.ts";
export type { CutOptions } from "./core/data/windows.ts";
export { batchesOf, fromIterable, type Sample, type StreamOptions } from "./core/data/iterable.ts";
export { type FoundDataset, openDataset, type OpenOptions } from "./core/data/open_dataset.ts";
export { type OpenedArrays, openNpz } from "./core/data/npz_file.ts";
export { type Opened } from "./core/data/opened.ts";
export { SHAPE_CLASSES } from "./core/data/shape_distances.ts";
export { shapes, type ShapesOptions } from "./core/data/shapes.ts";
export { type ChannelStatistics, channelStatistics } from "./core/data/statistics.ts";
export { decodeSafetensors } from "./core/formats/safetensors_read.ts";
export { encodeSafetensors } from "./core/formats/safetensors_write.ts";
export type {
  Safetensors,
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsInput,
  SafetensorsTensor,
} from "./core/formats/safetensors.ts";
export {
  decodeNpy,
  encodeNpy,
  type NpyArray,
  type NpyData,
  npyTensor,
} from "./core/formats/npy.ts";
export {
  decodeTfjsWeights,
  readTfjsManifest,
  type TfjsGroup,
  type TfjsWeight,
} from "./core/formats/tfjs_weights.ts";
export { decodeNpz, encodeNpz } from "./core/formats/npz.ts";
export type { Rgb } from "./core/image/theme.ts";
export type { AxisScale } from "./core/image/axis.ts";
export type { KernelKind } from "./core/image/kernel.ts";
export type { PanelGrid } from "./core/image/panels.ts";
export { type Image } from "./core/image/image.ts";
export type { Colormap, ColorScale } from "./core/image/colormap.ts";
export { encodePng } from "./core/image/png.ts";
export { atlasPages, atlasSheet, type AtlasSheetOptions } from "./core/image/atlas.ts";
export { augmentationSheet, type AugmentationSheetOptions } from "./core/image/augmentation.ts";
export {
  type ExplainedBy,
  type ExplainedPictures,
  explanationSheet,
  type ExplanationSheetOptions,
} from "./core/image/explanation.ts";
export { type Heatmap, heatmap, type HeatmapOptions } from "./core/image/heatmap.ts";
export type {
  HeatmapLook,
  HeatmapNormalization,
  HeatmapReduction,
} from "./core/image/heat_planes.ts";
export { filterSheet, type FilterSheetOptions } from "./core/image/filters.ts";
export { activationSheet, type ActivationSheetOptions } from "./core/image/activations.ts";
export {
  reconstructionSheet,
  type ReconstructionSheetOptions,
} from "./core/image/reconstruction.ts";
export { type Chart, lossCurve, type LossCurveOptions, type Series } from "./core/image/plot.ts";
export {
  type OverviewLayer,
  type OverviewNetwork,
  overviewSheet,
  type OverviewSheetOptions,
} from "./core/image/overview.ts";
