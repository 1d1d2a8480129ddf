import { DeconvError } from "../../errors.ts";
import { type Config, input, type Layer, type LayerOptions, type Symbolic } from "../../layer.ts";
import { layerFromConfig } from "../../layers/registry.ts";
import type { Model } from "../../model.ts";
import { model as makeModel } from "../../sequential.ts";
import { sameShape, type Shape, shapeText } from "../../tensor.ts";
import { layerTaps } from "./layer_taps.ts";
import { EVEN, throughTaps, unevenness } from "./overlap.ts";

/**
 * What takes the place of a layer that paints a checkerboard. `"resize"`: `resizeConv2d`, kernel 3; nothing
 * of a pattern is there at any time. `"shuffle"`: a convolution to stride² times the filters, started by
 * ICNR (Aitken et al. 2017), and `depthToSpace`; nothing is there at the start. `"kernel"`: the same
 * transposed convolution with a kernel that is a multiple of the stride, at least twice it; its overlap is
 * even, and training evens out what its weights put there.
 */
export type CheckerboardRewrite = "resize" | "shuffle" | "kernel";

/** Options of `rewriteCheckerboard`. */
export interface RewriteOptions {
  /** Default `"resize"`. */
  how?: CheckerboardRewrite;
  /** Names of the transposed convolutions to replace. Default: those whose overlap is uneven. */
  layers?: readonly string[];
  /**
   * Whether strided convolutions, too, become convolutions of stride 1 with an average pool behind them,
   * which leave no checkerboard in the gradient of the input. Default false.
   */
  gradients?: boolean;
  /** Decides the initial weights of what is new. Default the model's. */
  seed?: number;
}

/** A layer in a network. */
interface Place {
  readonly layer: Layer;
  readonly from: Shape;
  readonly to: Shape;
}

/** The new layers in place of one, from front to back. */
type Replacement = { kind: string; options: Config; suffix?: string }[];

/** What a convolution's replacement keeps of it. */
const KEPT = [
  "filters",
  "groups",
  "activation",
  "useBias",
  "kernelInitializer",
  "biasInitializer",
  "kernelRegularizer",
  "biasRegularizer",
  "kernelConstraint",
  "biasConstraint",
];

function kept(config: Config): Record<string, Config[string]> {
  return Object.fromEntries(
    KEPT.filter((name) => name in config).map((name) => [name, config[name]]),
  );
}

const REPLACE: Record<CheckerboardRewrite, (place: Place) => Replacement> = {
  kernel: ({ layer: { kind, config }, from, to }) => {
    const strides = config.strides as [number, number],
      size = config.kernelSize as [number, number];
    const kernelSize = size.map((k, i) =>
      strides[i] * Math.max(Math.ceil(k / strides[i]), strides[i] > 1 ? 2 : 1)
    );
    // The kernel of stride 1 stays: every one is even there.
    strides.forEach((stride, i) => stride === 1 && (kernelSize[i] = size[i]));
    const options = { ...config, dilationRate: 1, kernelSize };
    if (config.padding === "same" && config.outputPadding === undefined) return [{ kind, options }];
    const full = [0, 1].map((i) => (from[i] - 1) * strides[i] + kernelSize[i] - to[i]);
    const start = full.map((cut) => Math.floor(Math.max(cut, 0) / 2));
    const padding = [...start, ...full.map((cut, i) => Math.max(cut, 0) - start[i])];
    return [{
      kind,
      options: { ...options, padding, outputPadding: full.map((cut) => Math.max(-cut, 0)) },
    }];
  },
  resize: ({ layer: { config } }) => [{
    kind: "resize_conv2d",
    options: { ...kept(config), kernelSize: 3, size: config.strides },
  }],
  shuffle: ({ layer: { config, title } }) => {
    const [blockSize, across] = config.strides as [number, number];
    if (blockSize !== across) {
      throw new DeconvError(
        `Cannot replace ${title} by a pixel shuffle: its strides ${blockSize}x${across} are not equal; choose "kernel" or "resize"`,
      );
    }
    const { activation, kernelInitializer: initializer, ...rest } = kept(config);
    const filters = (config.filters as number) * blockSize ** 2;
    return [
      {
        kind: "conv2d",
        suffix: "_parts",
        options: {
          ...rest,
          filters,
          kernelSize: 3,
          padding: "same",
          kernelInitializer: { kind: "icnr", blockSize, initializer },
        },
      },
      { kind: "depth_to_space", suffix: "_shuffle", options: { blockSize } },
      { kind: "activation", options: { ...activation as Config } },
    ];
  },
};

/** What every layer has. */
function commonOf(
  { trainable, activityRegularizer }: Layer,
): Pick<LayerOptions, "trainable"> & Config {
  return {
    trainable,
    ...activityRegularizer && { activityRegularizer: { ...activityRegularizer } },
  };
}

/** A strided convolution as one of stride 1 and a pool. */
function pooled({ layer: { kind, config } }: Place): Replacement {
  const poolSize = config.strides as [number, number];
  return [
    { kind, options: { ...config, strides: 1 } },
    { kind: "average_pool2d", suffix: "_pool", options: { poolSize, padding: config.padding } },
  ];
}

const strided = ({ strides }: Config) =>
  Array.isArray(strides) && strides.some((stride) => stride > 1);

/** Whether a transposed convolution's own overlap is uneven. */
function isUneven({ layer, from, to }: Place): boolean {
  const [taps] = layerTaps(layer, [from], to)?.steps ?? [];
  return !!taps && unevenness(throughTaps(EVEN, taps)) > 0;
}

/**
 * The same network with other layers where a checkerboard comes from. Layers that stay keep their weights,
 * copied; new ones start anew, so the network must be trained a little before it is judged.
 *
 * @throws {DeconvError} When there is nothing to replace, a layer is tied to another or shared, or the
 * replacement makes pictures of another size.
 *
 * @example
 * ```ts
 * import { preset, rewriteCheckerboard } from "@deconv/deconv";
 * const better = rewriteCheckerboard(preset("article-text").build());
 * console.log(better.layer("deconv2").kind); // resize_conv2d
 * ```
 */
export function rewriteCheckerboard(model: Model, options: RewriteOptions = {}): Model {
  const { how = "resize", layers, gradients = false, seed = model.seed } = options;
  if (!Object.hasOwn(REPLACE, how)) {
    throw new DeconvError(
      `There is no rewrite "${how}"; there are ${Object.keys(REPLACE).join(", ")}`,
    );
  }
  const { graph } = model, { nodes, shapes, inputNames, outputs } = graph;
  layers?.forEach((name) => {
    if (model.layer(name).kind === "conv2d_transpose") return;
    throw new DeconvError(`Cannot rewrite ${model.layer(name).title}: it is no conv2d_transpose`);
  });
  const chosen = new Map<Layer, Replacement>();
  for (const { layer, inputs, output } of nodes) {
    const place = { layer, from: shapes[inputs[0]], to: shapes[output] };
    if (layer.kind === "conv2d_transpose" && strided(layer.config)) {
      if (layers ? layers.includes(layer.name) : isUneven(place)) {
        chosen.set(layer, REPLACE[how](place));
      }
    } else if (gradients && layer.kind === "conv2d" && strided(layer.config)) {
      chosen.set(layer, pooled(place));
    }
  }
  if (!chosen.size) {
    throw new DeconvError(
      `There is nothing to rewrite in ${model.name}: no transposed convolution is uneven`,
    );
  }
  for (const layer of chosen.keys()) {
    const tied = layer.kernelOf ?? model.layers.find(({ kernelOf }) => kernelOf === layer);
    if (tied) {
      throw new DeconvError(
        `Cannot rewrite ${layer.title}: it shares its kernel with ${tied.title}`,
      );
    }
    if (nodes.filter((node) => node.layer === layer).length > 1) {
      throw new DeconvError(`Cannot rewrite ${layer.title}: it stands in several places`);
    }
  }
  const copies = new Map<Layer, Layer>();
  const copyOf = (layer: Layer) => {
    const { kind, name, config } = layer;
    const made = copies.get(layer) ??
      layerFromConfig(kind, { ...config, ...commonOf(layer), name });
    copies.set(layer, made);
    return made;
  };
  const values: Symbolic[] = inputNames.map((name, i) => input({ shape: shapes[i], name }));
  for (const { layer, inputs, output } of nodes) {
    const from = inputs.map((value) => values[value]), replacement = chosen.get(layer);
    if (!replacement) {
      values[output] = copyOf(layer).apply(from);
      continue;
    }
    const suffixed = ({ suffix = "" }: { suffix?: string }) => `${layer.name}${suffix}`;
    const made = replacement.reduce((value, part, i) => {
      const common = i === replacement.length - 1
        ? commonOf(layer)
        : { trainable: layer.trainable };
      const options = { ...part.options, ...common, name: suffixed(part) };
      return layerFromConfig(part.kind, options).apply(value);
    }, from[0]);
    if (!sameShape(made.shape, shapes[output])) {
      throw new DeconvError(
        `Cannot rewrite ${layer.title}: it makes ${
          shapeText(shapes[output])
        }, and what is to take its place ${
          shapeText(made.shape)
        }; choose "kernel", or padding "same"`,
      );
    }
    values[output] = made;
  }
  const rewritten = makeModel(
    { inputs: values.slice(0, inputNames.length), outputs: outputs.map((value) => values[value]) },
    { name: model.name, seed, precision: model.precision },
  );
  for (const [old, copy] of copies) {
    copy.parameters.forEach(({ value }, i) => value.view.set(old.parameters[i].value.view));
  }
  return rewritten;
}
