import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import {
  type Config,
  createLayer,
  type Layer,
  type LayerKind,
  type LayerOptions,
  type ParameterSpec,
} from "../layer.ts";
import type { Lowering, Parameter } from "../operation.ts";
import { allCells } from "../reach.ts";
import { type Shape, sizeOf, type Tensor } from "../tensor.ts";
import { runtime } from "../wasm/runtime.ts";
import { SpectralNorm } from "../wasm/spectral_norm.ts";

/** Options of `spectralNormalization`. */
export interface SpectralNormalizationOptions extends LayerOptions {
  /** Steps of the power iteration in each training step. Default 1. */
  powerIterations?: number;
}

/** The wrapped layer as its kind and configuration, and what the wrapper adds. */
type SpectralConfig = {
  layer: { kind: string; config: Config };
  powerIterations: number;
};

/** Parameters that are normalised, by name: the first there is. */
const NORMALIZED = ["kernel", "embeddings"];
const VECTOR = "vector_u";

/**
 * The definition of the spectral normalisation wrapper.
 *
 * Layers do not know each other, so the wrapper is told how to find a kind by its name: the registry
 * looks among all there are, the factory below has the layer at hand. The configuration holds the
 * wrapped kind and configuration as plain data, which is what a saved file has.
 *
 * @param kindOf Finds the wrapped kind; throws where there is none.
 */
export function spectralNormalizationKind(
  kindOf: (kind: string) => LayerKind,
): LayerKind<SpectralConfig> {
  const innerSpecs = ({ layer }: SpectralConfig, inputs: readonly Shape[]) =>
    kindOf(layer.kind).parameters?.(layer.config, inputs) ?? [];
  return {
    kind: "spectral_normalization",
    configure: ({ layer, powerIterations }) => {
      if (typeof layer?.kind !== "string" || typeof layer.config !== "object" || !layer.config) {
        throw new DeconvError("it needs a layer to wrap, such as conv2d({ … })");
      }
      const inner = kindOf(layer.kind), [least, most] = inner.inputs ?? [1, 1];
      if (layer.kind === "spectral_normalization") {
        throw new DeconvError("the layer it wraps is normalised already");
      }
      if (layer.config.tiedTo !== undefined) {
        throw new DeconvError("the layer it wraps is tied to another, whose kernel is not its own");
      }
      if (least > 1 || most < 1 || !inner.parameters) throw new DeconvError(noKernel(layer.kind));
      return {
        layer: { kind: layer.kind, config: inner.configure(layer.config) },
        powerIterations: positive(powerIterations ?? 1, "powerIterations"),
      };
    },
    activation: ({ layer }) => kindOf(layer.kind).activation?.(layer.config) ?? "linear",
    outputShape: ({ layer }, inputs) => kindOf(layer.kind).outputShape(layer.config, inputs),
    reach: ({ layer }, inputs, cells) =>
      kindOf(layer.kind).reach?.(layer.config, inputs, cells) ?? inputs.map(allCells),
    parameters: (config, inputs) => {
      const specs = innerSpecs(config, inputs), kernel = specs[normalized(specs)];
      if (!kernel) throw new DeconvError(noKernel(config.layer.kind));
      return [...specs, {
        name: VECTOR,
        shape: kernel.shape.slice(-1),
        initializer: { kind: "truncated_normal", stddev: 0.02 },
        learned: false,
      }];
    },
    parts: ({ layer }, all) => {
      const parameters: (Parameter | Tensor)[] = all.slice(0, -1);
      const names = all.map(({ name }) => name.slice(name.lastIndexOf("/") + 1));
      const place = names.findIndex((name) => NORMALIZED.includes(name));
      parameters[place] = normalizedCopy(all[place], all[all.length - 1]);
      return [{ ...layer, parameters }];
    },
    lower: (config, lowering) => {
      const { kind, config: inner } = config.layer;
      const parameters = lowering.parameters.slice(0, -1);
      const vector = lowering.parameters[parameters.length];
      const specs = innerSpecs(config, lowering.inputs.map(({ shape }) => shape.slice(1)));
      const place = normalized(specs);
      const kernel = parameters[place], { powerIterations } = config;
      const quotient = addNormalization(lowering, kernel, vector, powerIterations);
      parameters[place] = quotient;
      const trains = (parameter: Parameter) =>
        lowering.trains(parameter === quotient ? kernel : parameter);
      kindOf(kind).lower(inner, { ...lowering, parameters, trains });
    },
  };
}

/** The place of the parameter that is normalised; -1 where there is none. */
function normalized(specs: readonly ParameterSpec[]): number {
  const names = specs.map(({ name }) => name);
  return names.indexOf(NORMALIZED.find((name) => names.includes(name)) ?? "");
}

function noKernel(kind: string): string {
  return `${kind} has no kernel to normalise; dense, convolutions and their like have`;
}

/** A kernel divided by its spectral norm. */
function normalizedCopy({ shape, value }: Parameter, vector: Parameter): Tensor {
  const columns = vector.value.length, size = value.length;
  const blocks = runtime().allocateTogether([size / columns, columns, columns, size]);
  const [left, right, scaled, to] = blocks;
  right.view.set(vector.value.view);
  const norm = new SpectralNorm(value, left, right, scaled);
  norm.measure();
  norm.divide(to);
  const data = to.view.slice();
  blocks.forEach((block) => runtime().release(block));
  return { shape, data };
}

/**
 * Adds to a plan the step that divides a kernel by its spectral norm, and in the backward pass turns
 * the quotient's gradient into the kernel's.
 *
 * @returns The quotient, which stands for the kernel in the wrapped layer.
 */
function addNormalization(
  lowering: Lowering,
  kernel: Parameter,
  vector: Parameter,
  powerIterations: number,
): Parameter {
  const size = sizeOf(kernel.shape), columns = vector.value.length;
  const value = lowering.saved(size), gradient = lowering.saved(size);
  const left = lowering.saved(size / columns), right = lowering.saved(columns);
  const norm = new SpectralNorm(kernel.value, left, right, lowering.saved(columns));
  lowering.add({
    forward: ({ training }) => {
      right.view.set(vector.value.view);
      if (training && lowering.trainable) {
        norm.iterate(powerIterations);
        vector.value.view.set(right.view);
      } else norm.measure();
      norm.divide(value);
      gradient.view.fill(0);
    },
    backward: ({ parameters }) => {
      if (parameters && lowering.trainable) norm.gradient(value, gradient, kernel.gradient);
      gradient.view.fill(0);
    },
  });
  return { ...kernel, value, gradient };
}

/**
 * A layer whose kernel w is divided by its spectral norm σ, its largest singular value, which bounds how
 * much the layer can stretch its input (Miyato et al. 2018): keeps the discriminator of a GAN steady.
 *
 * The kernel counts as a matrix `[everything else, last axis]`. Each training step brings a vector u
 * (`vector_u`, a parameter that is not learned) nearer to the right singular vector by
 * `powerIterations` steps v = w·u / |w·u|, u = vᵀ·w / |vᵀ·w|, and σ = vᵀ·w·u; otherwise, and where the
 * layer is frozen, u stays. The kernel itself is learned, through the exact gradient of w/σ with u and v
 * held constant; Keras instead overwrites the kernel with w/σ and passes the gradient unchanged.
 *
 * @param layer A layer with a kernel (dense, any convolution) or embeddings, not applied yet. Its name,
 * `trainable` and `inputShape` become the wrapper's, unless given.
 * @throws {DeconvError} When the layer has no kernel of its own or has been applied already.
 *
 * @example
 * ```ts
 * import { conv2d, sequential, spectralNormalization } from "@deconv/deconv";
 * const net = sequential([
 *   spectralNormalization(conv2d({ filters: 16, kernelSize: 3, inputShape: [32, 32, 3] })),
 * ]);
 * console.log(net.outputShape); // [30, 30, 16]
 * ```
 */
export function spectralNormalization(
  layer: Layer,
  options: SpectralNormalizationOptions = {},
): Layer {
  if (layer.builtFor) {
    throw new DeconvError(
      `Cannot make spectral_normalization of ${layer.title}: it is part of a model already; wrap it before it is applied`,
    );
  }
  const { kind, config, name, trainable, inputShape, activityRegularizer, definition } = layer;
  return createLayer(spectralNormalizationKind(() => definition), {
    name,
    trainable,
    inputShape,
    activityRegularizer,
    ...options,
    layer: { kind, config },
  });
}
