import { DeconvError } from "../errors.ts";
import { type Initializer, initializerConfig } from "../initializers.ts";
import type { Layer, ParameterSpec } from "../layer.ts";
import type { Shape } from "../tensor.ts";
import { type KernelRules, rulesOf, weightRules } from "../weight_rules.ts";

/** Options of the kernel of a layer that can use another's. */
export interface KernelOptions extends KernelRules {
  /** Default `"glorot_uniform"`. */
  kernelInitializer?: Initializer;
  /**
   * A layer of the same model, or its name, whose kernel this one uses, such as a decoder that of its
   * encoder (Vincent et al. 2010): it has no kernel of its own then, only a bias, and the gradients of
   * both go into the one kernel. That is trained unless the layer it belongs to is frozen. Default none.
   */
  tiedTo?: Layer | string;
}

/** The complete form of `KernelOptions`: of a tied layer only the other's name. */
export type KernelConfig = Omit<KernelOptions, "tiedTo"> & { tiedTo?: string };

const OF_ITS_OWN = ["kernelInitializer", "kernelRegularizer", "kernelConstraint"] as const;

/**
 * Fills in and checks what is said of a kernel.
 *
 * @throws {DeconvError} When an option is wrong, or is given beside `tiedTo`.
 */
export function kernelConfig(options: KernelOptions): KernelConfig {
  const { kernelInitializer = "glorot_uniform", tiedTo } = options;
  if (tiedTo === undefined) {
    const initializer = initializerConfig(kernelInitializer);
    return { kernelInitializer: initializer, ...weightRules(options, "kernel") };
  }
  const idle = OF_ITS_OWN.find((name) => (options[name] ?? null) !== null);
  if (idle) {
    throw new DeconvError(`${idle} and tiedTo exclude each other: say it of the other layer`);
  }
  return {};
}

/** What a layer's kernel is, its own or another's. */
export function kernelSpec(
  config: KernelConfig,
  sizes: { shape: Shape; fanIn: number; fanOut: number },
): ParameterSpec {
  const { kernelInitializer: initializer = "zeros", tiedTo } = config;
  return { name: "kernel", initializer, tiedTo, ...sizes, ...rulesOf(config, "kernel") };
}
