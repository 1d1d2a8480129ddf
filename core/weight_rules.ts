/**
 * Penalties and constraints on a layer's weights: what layers take, fill in and say of their
 * parameters.
 *
 * @module
 */
import { type Constraint, type ConstraintConfig, constraintConfig } from "./constraints.ts";
import { type Regularizer, type RegularizerConfig, regularizerConfig } from "./regularizers.ts";

/** Options of layers with a kernel. */
export interface KernelRules {
  /** A penalty on the kernel, part of the loss. Default none. */
  kernelRegularizer?: Regularizer | null;
  /** What the kernel must be after each step. Default anything. */
  kernelConstraint?: Constraint | null;
}

/** Options of layers with a bias. */
export interface BiasRules {
  /** A penalty on the bias, part of the loss. Default none. */
  biasRegularizer?: Regularizer | null;
  /** What the bias must be after each step. Default anything. */
  biasConstraint?: Constraint | null;
}

/** Options of this form for a weight of any name. */
type Rules<N extends string> = {
  readonly [O in `${N}Regularizer` | `${N}Constraint`]?: unknown;
};

/** The same, complete. */
type RulesConfig<N extends string> =
  & { [O in `${N}Regularizer`]: RegularizerConfig | null }
  & { [O in `${N}Constraint`]: ConstraintConfig | null };

/**
 * Fills in the rules of a weight, such as `"kernel"`, in a layer's options.
 *
 * @throws {DeconvError} When one is wrong.
 */
export function weightRules<N extends string>(options: Rules<N>, name: N): RulesConfig<N> {
  const given = options as Readonly<Record<string, unknown>>;
  return {
    [`${name}Regularizer`]: regularizerConfig(given[`${name}Regularizer`] as Regularizer),
    [`${name}Constraint`]: constraintConfig(given[`${name}Constraint`] as Constraint),
  } as RulesConfig<N>;
}

/** What the specification of such a weight says of it. */
export function rulesOf<N extends string>(
  config: Rules<N>,
  name: N,
): { regularizer: RegularizerConfig | null; constraint: ConstraintConfig | null } {
  const complete = config as unknown as Readonly<Record<string, never>>;
  return {
    regularizer: complete[`${name}Regularizer`],
    constraint: complete[`${name}Constraint`],
  };
}
