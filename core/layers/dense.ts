import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import { createLayer, type Layer, type LayerKind, type LayerOptions } from "../layer.ts";
import { widened } from "../reach.ts";
import { type BiasRules, rulesOf, weightRules } from "../weight_rules.ts";
import { columnSums } from "../wasm/elementwise.ts";
import { gemm } from "../wasm/gemm.ts";
import {
  type Activation,
  type ActivationConfig,
  activationConfig,
  beforeActivation,
  lowerActivation,
} from "./activation.ts";
import { type KernelConfig, kernelConfig, type KernelOptions, kernelSpec } from "./kernel.ts";

/** Options of `dense`. */
export interface DenseOptions extends KernelOptions, BiasRules, LayerOptions {
  /** Outputs. */
  units: number;
  /** Default `"linear"`: none. */
  activation?: Activation;
  /** Default true. */
  useBias?: boolean;
  /** Default `"zeros"`. */
  biasInitializer?: Initializer;
}

type DenseConfig =
  & KernelConfig
  & Required<Omit<DenseOptions, keyof LayerOptions | keyof KernelOptions>>;

/** The definition of the dense layer. */
export const denseKind: LayerKind<DenseConfig> = {
  kind: "dense",
  relevance: "weighted",
  ties: ["dense"],
  activation: (config) => (config.activation as ActivationConfig).kind,
  configure: (options) => {
    if (options.units === undefined) throw new DeconvError("units is missing");
    return {
      units: positive(options.units, "units"),
      activation: activationConfig(options.activation),
      useBias: options.useBias ?? true,
      ...kernelConfig(options),
      biasInitializer: initializerConfig(options.biasInitializer ?? "zeros"),
      ...weightRules(options, "bias"),
    } as DenseConfig;
  },
  outputShape: (config, [shape]) => [...shape.slice(0, -1), config.units],
  reach: (_config, [shape], cells) => [
    cells.with(-1, widened(cells[cells.length - 1], shape[shape.length - 1])),
  ],
  parameters: (config, [shape]) => {
    const width = shape[shape.length - 1], { units, tiedTo } = config;
    const kernel = kernelSpec(config, {
      shape: tiedTo === undefined ? [width, units] : [units, width],
      fanIn: width,
      fanOut: units,
    });
    if (!config.useBias) return [kernel];
    const { biasInitializer: initializer } = config;
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
    // The kernel of a layer it is tied to is [n×k].
    const tied = config.tiedTo !== undefined;
    const x = { block: from.data, columns: k };
    const w = { block: kernel.value, columns: tied ? k : n, transposed: tied };
    const trained = lowering.trains(kernel);
    const dbias = bias && lowering.trains(bias) ? bias.gradient : null;
    lowering.add({
      // y [m×n] = x [m×k] · w [k×n] + b
      forward: () => gemm([m, n, k], x, w, to.data, { bias: bias?.value }),
      backward: ({ parameters }) => {
        const dy = { block: to.gradient!, columns: n };
        if (parameters && trained) {
          // dw [k×n] += xᵀ [k×m] · dy [m×n]; tied: [n×k] += dyᵀ [n×m] · x [m×k]
          const [a, b] = tied ? [dy, x] : [x, dy];
          const size = [a.columns, b.columns, m] as const;
          gemm(size, { ...a, transposed: true }, b, kernel.gradient, { add: true });
        }
        if (parameters && dbias) columnSums(dy.block, m, dbias);
        // dx [m×k] = dy [m×n] · wᵀ [n×k]
        if (from.gradient) gemm([m, k, n], dy, { ...w, transposed: !tied }, from.gradient);
      },
    });
    if (active.kind !== "linear") lowerActivation(lowering, active, to, lowering.output);
  },
};

/**
 * A fully connected layer over the last axis: y = f(x·w + b), kernel `[inputs, units]`; with `tiedTo` w
 * is the transpose of another layer's.
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
