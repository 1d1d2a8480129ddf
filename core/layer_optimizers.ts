import { DeconvError } from "./errors.ts";
import type { Layer } from "./layer.ts";
import { fitsPattern } from "./name_pattern.ts";
import type { Parameter } from "./operation.ts";
import type { Optimizer } from "./optimizer.ts";
import { makeOptimizer, type OptimizerName } from "./optimizers.ts";

/** Optimizers of layers by name; `*` in a name stands for any characters. The first that fits counts. */
export type LayerOptimizers = Readonly<Record<string, Optimizer | OptimizerName>>;

/** Which optimizer trains which layer. */
export class OptimizerTable {
  /** The optimizer of layers that no pattern fits. */
  readonly main: Optimizer;
  /** The others, by pattern. */
  readonly byPattern: ReadonlyMap<string, Optimizer>;
  readonly #of: Map<Parameter, Optimizer> = new Map();
  readonly #layers: readonly Layer[];

  /**
   * Checks what `compile` was given.
   *
   * @throws {DeconvError} When a pattern fits no layer, or one optimizer is given twice.
   */
  constructor(
    layers: readonly Layer[],
    main: Optimizer | OptimizerName,
    others: LayerOptimizers = {},
  ) {
    const make = (given: Optimizer | OptimizerName) =>
      typeof given === "string" ? makeOptimizer(given) : given;
    this.main = make(main);
    this.byPattern = new Map(Object.entries(others).map(([name, given]) => [name, make(given)]));
    this.#layers = layers;
    const all = this.all;
    for (const [pattern, optimizer] of this.byPattern) {
      if (all.filter((other) => other === optimizer).length > 1) {
        throw new DeconvError(
          `The optimizer of layers "${pattern}" is given twice to compile: make one for each, since each counts its own steps`,
        );
      }
      if (layers.some(({ name }) => fitsPattern(pattern, name))) continue;
      const names = layers.map(({ name }) => name).join(", ");
      throw new DeconvError(
        `layerOptimizers has "${pattern}", which fits no layer of the model; it has ${names}`,
      );
    }
    for (const layer of layers) {
      const found = [...this.byPattern].find(([pattern]) => fitsPattern(pattern, layer.name));
      for (const parameter of layer.ownParameters) this.#of.set(parameter, found?.[1] ?? this.main);
    }
  }

  /** Every optimizer, the main one first. */
  get all(): readonly Optimizer[] {
    return [this.main, ...this.byPattern.values()];
  }

  /** The optimizer of a parameter: that of the layer it belongs to. */
  of(parameter: Parameter): Optimizer {
    return this.#of.get(parameter) ?? this.main;
  }

  /** One step of each for the layers that are to be trained; their gradients are complete. */
  step(): void {
    const parameters = [...new Set(this.#layers.flatMap(({ trained }) => trained))];
    for (const optimizer of this.all) {
      optimizer.step(parameters.filter((parameter) => this.of(parameter) === optimizer));
    }
  }
}
