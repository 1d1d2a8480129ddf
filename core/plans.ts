import type { Precision } from "./algorithm.ts";
import type { Graph } from "./graph.ts";
import { Plan, type PlanOptions } from "./plan.ts";

/** How many compiled plans a model keeps; a training run needs its batch size, the rest and validation. */
const KEPT = 6;

/** A model's plans, compiled when first needed and kept while they are in use. */
export class Plans {
  /** A plan that stays however many others are asked for: a backward pass may still come. */
  held: Plan | null = null;
  /** How exact convolutions must be, in plans asked for from now on. */
  precision: Precision = "fast";
  readonly #plans: Map<string, Plan> = new Map();

  /** @param graph The network. */
  constructor(readonly graph: Graph) {}

  /** What a plan is known by. */
  #key(options: PlanOptions): string {
    const frozen = this.graph.nodes.flatMap(({ layer }) => [layer, layer.kernelOf ?? layer])
      .map(({ trainable }) => trainable ? "t" : "f").join("");
    return JSON.stringify([options, options.gradients ? frozen : ""]);
  }

  /** Bytes that the plan for these options would still need: none where it is compiled already. */
  missing(wanted: PlanOptions): number {
    const options = { precision: this.precision, ...wanted };
    return this.#plans.has(this.#key(options)) ? 0 : new Plan(this.graph, options, false).bytes;
  }

  /** The plan for these options, compiled if there is none. */
  get(wanted: PlanOptions): Plan {
    const options = { precision: this.precision, ...wanted }, key = this.#key(options);
    const plan = this.#plans.get(key);
    // Someone waits for data that is being written into it: this caller needs one of its own.
    if (plan?.busy) return new Plan(this.graph, options);
    if (plan) {
      // Most recently used last.
      this.#plans.delete(key);
      this.#plans.set(key, plan);
      return plan;
    }
    const made = new Plan(this.graph, options);
    this.#plans.set(key, made);
    if (this.#plans.size > KEPT) {
      const idle = [...this.#plans].find(([, p]) => p !== this.held && p !== made && !p.busy);
      if (idle) {
        idle[1].release();
        this.#plans.delete(idle[0]);
      }
    }
    return made;
  }
}
