import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { type BiasRules, type KernelRules, rulesOf, weightRules } from "../weight_rules.ts";
import { columnSums } from "../wasm/elementwise.ts";
import { gemm } from "../wasm/gemm.ts";
import {
  type Activation,
  type ActivationConfig,
  activationConfig,
  beforeActivation,
  lowerActivation,
} from "./activation.ts";

/** Options of `dense`. */
export interface DenseOptions extends KernelRules, BiasRules, LayerOptions {
  /** Outputs. */
  units: number;
  /** Default `"linear"`: none. */
  activation?: Activation;
  /** Default true. */
  useBias?: boolean;
  /** Default `"glorot_uniform"`. */
  kernelInitializer?: Initializer;
  /** Default `"zeros"`. */
  biasInitializer?: Initializer;
}

type DenseConfig = Required<Omit<DenseOptions, keyof LayerOptions>>;

/** The definition of the dense layer. */
export const denseKind: LayerKind<DenseConfig> = {
  kind: "dense",
  activation: (config) => (config.activation as ActivationConfig).kind,
  configure: (options) => {
    if (options.units === undefined) throw new DeconvError("units is missing");
    return {
      units: positive(options.units, "units"),
      activation: activationConfig(options.activation),
      useBias: options.useBias ?? true,
      kernelInitializer: initializerConfig(options.kernelInitializer ?? "glorot_uniform"),
      biasInitializer: initializerConfig(options.biasInitializer ?? "zeros"),
      ...weightRules(options, "kernel"),
      ...weightRules(options, "bias"),
    } as DenseConfig;
  },
  outputShape: (config, [shape]) => [...shape.slice(0, -1), config.units],
  parameters: (config, [shape]) => {
    const width = shape[shape.length - 1];
    const kernel = {
      name: "kernel",
      shape: [width, config.units],
      initializer: config.kernelInitializer,
      fanIn: width,
      fanOut: config.units,
      ...rulesOf(config, "kernel"),
    };
    if (!config.useBias) return [kernel];
    const { units, biasInitializer: initializer } = config;
    return [kernel, { name: "bias", shape: [units], initializer, ...rulesOf(config, "bias") }];
  },
  lower: (config, lowering) => {
    const [from] = lowering.inputs;
    const [kernel, bias = null] = lowering.parameters;
    const active = config.activation as ActivationConfig;
    const to = active.kind === "linear" ? lowering.output : beforeActivation(lowering, active);
    const n = config.units;
    const k = from.shape[from.shape.length - 1];
    const m = from.data.length / k;
    const x = { block: from.data, columns: k }, w = { block: kernel.value, columns: n };
    lowering.add({
      // y [m×n] = x [m×k] · w [k×n] + b
      forward: () => gemm([m, n, k], x, w, to.data, { bias: bias?.value }),
      backward: ({ parameters }) => {
        const dy = { block: to.gradient!, columns: n };
        if (parameters && lowering.trainable) {
          // dw [k×n] += xᵀ [k×m] · dy [m×n]
          gemm([k, n, m], { ...x, transposed: true }, dy, kernel.gradient, { add: true });
          if (bias) columnSums(dy.block, m, bias.gradient);
        }
        // dx [m×k] = dy [m×n] · wᵀ [n×k]
        if (from.gradient) gemm([m, k, n], dy, { ...w, transposed: true }, from.gradient);
      },
    });
    if (active.kind !== "linear") lowerActivation(lowering, active, to, lowering.output);
  },
};

/**
 * A fully connected layer over the last axis: y = f(x·w + b), kernel `[inputs, units]`.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { dense, sequential } from "@deconv/deconv";
 * const net = sequential([dense({ units: 10, activation: "softmax", inputShape: [64] })]);
 * console.log(net.outputShape); // [10]
 * ```
 */
export function dense(options: DenseOptions): Layer {
  return createLayer(denseKind, options);
}
