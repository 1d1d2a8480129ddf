import type { Block } from "./block.ts";
import { batchCount, batches } from "./data/batches.ts";
import { DeconvError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { type LayerOptimizers, OptimizerTable } from "./layer_optimizers.ts";
import { computeLoss, fitLoss, fusesWith, type Loss, lossConfig, targetShape } from "./losses.ts";
import type { LossConfig } from "./losses/loss.ts";
import { metricConfigs, type Metrics } from "./metrics.ts";
import type { MetricConfig } from "./metrics/metric.ts";
import { INFERENCE, type Parameter } from "./operation.ts";
import type { Optimizer } from "./optimizer.ts";
import type { OptimizerName } from "./optimizers.ts";
import type { Plan } from "./plan.ts";
import type { Plans } from "./plans.ts";
import type { BatchSource } from "./source.ts";
import { type Shape, sizeOf } from "./tensor.ts";
import { type BatchLoss, type Logs, Totals } from "./totals.ts";
import { scale } from "./wasm/elementwise.ts";
import { turns } from "./turns.ts";
import { runtime } from "./wasm/runtime.ts";
import { penalize } from "./wasm/weights.ts";

export type { Logs };

/** What `compile` takes. */
export interface CompileOptions {
  /** An optimizer or its name (with its defaults). Default `"adam"`. */
  optimizer?: Optimizer | OptimizerName;
  /**
   * Optimizers of some layers in its place, by the layers' names, in which `*` stands for any
   * characters: `{ "encoder*": sgd() }`. The first that fits a layer counts. Default none.
   */
  layerOptimizers?: LayerOptimizers;
  /** One loss for all outputs, or one for each. */
  loss: Loss | readonly Loss[];
  /** What each output's loss counts in the sum. Default 1. */
  lossWeights?: readonly number[];
  /** Reported besides the loss: for the first output, or a list for each. Default none. */
  metrics?: Metrics;
}

/** What a model was compiled with. */
export interface Compiled {
  /** The optimizer with its state: of all layers that have none of their own. */
  readonly optimizer: Optimizer;
  /** Which optimizer trains which layer. */
  readonly optimizers: OptimizerTable;
  /** The loss of each output. */
  readonly losses: readonly LossConfig[];
  /** What each counts in the sum. */
  readonly weights: readonly number[];
  /** Metrics reported for each output. */
  readonly metrics: readonly (readonly MetricConfig[])[];
}

/** A batch's place among those that make one step of the optimizer together. */
export interface Part {
  /** Pictures in all of them. */
  readonly of: number;
  /** Pictures in the one before; 0 for the first. */
  readonly before: number;
  /** Whether it is the last. */
  readonly last: boolean;
}

/** Told of a loss that is not finite, and of what batch. */
type NotFinite = (
  loss: number,
  place: string,
  plan: Plan,
  targets: readonly Block[],
) => void | Promise<void>;

/** Trains and evaluates one network with one loss and one optimizer. */
export class Trainer implements Compiled {
  /** The optimizer of layers that have none of their own. */
  readonly optimizer: Optimizer;
  /** Which optimizer trains which layer. */
  readonly optimizers: OptimizerTable;
  /** The loss of each output. */
  readonly losses: readonly LossConfig[];
  /** What each counts. */
  readonly weights: readonly number[];
  /** Metrics reported for each output. */
  readonly metrics: readonly (readonly MetricConfig[])[];
  readonly #targets: WeakMap<Plan, Block[]> = new WeakMap();

  /** Checks what `compile` was given. */
  constructor(readonly graph: Graph, readonly plans: Plans, options: CompileOptions) {
    const { optimizer = "adam", loss, metrics = [] } = options;
    const count = graph.outputs.length;
    const losses = Array.isArray(loss) ? loss as readonly Loss[] : [loss as Loss];
    if (loss === undefined || losses.length !== 1 && losses.length !== count) {
      throw new DeconvError(`compile needs one loss, or one for each of the ${count} output(s)`);
    }
    const layers = [...new Set(graph.nodes.map(({ layer }) => layer))];
    this.optimizers = new OptimizerTable(layers, optimizer, options.layerOptimizers);
    this.optimizer = this.optimizers.main;
    this.losses = graph.outputs.map((_, i) => lossConfig(losses[losses.length === 1 ? 0 : i]));
    this.weights = options.lossWeights ?? graph.outputs.map(() => 1);
    if (this.weights.length !== count || !this.weights.every(Number.isFinite)) {
      throw new DeconvError(`lossWeights must be ${count} number(s), one for each output`);
    }
    this.losses.forEach((config, i) => fitLoss(config, graph.shapes[graph.outputs[i]]));
    this.metrics = metricConfigs(metrics, count);
    this.totals(); // refuses metrics that do not fit
  }

  /** Shapes that targets must have for a batch of pictures. */
  targetShapes(batch: number): Shape[] {
    const { outputs, shapes } = this.graph;
    return outputs.map((value, i) => targetShape(this.losses[i], [batch, ...shapes[value]]));
  }

  /** Where a plan's targets go. */
  targets(plan: Plan): readonly Block[] {
    let blocks = this.#targets.get(plan);
    if (!blocks) {
      const shapes = this.targetShapes(plan.options.batch);
      blocks = shapes.map((shape) => runtime().allocate(sizeOf(shape)));
      this.#targets.set(plan, blocks);
    }
    return blocks;
  }

  /** Parameters that training changes. */
  get parameters(): readonly Parameter[] {
    return [...new Set(this.graph.nodes.flatMap(({ layer }) => layer.trained))];
  }

  /** For each output, whether its loss is taken together with the activation that ends it. */
  #fused(plan: Plan): boolean[] {
    return this.losses.map((config, i) => fusesWith(config, plan.endings[i]));
  }

  /**
   * The summed loss of the plan's outputs against targets, and what layers add to it; writes the
   * outputs' gradients if it has any.
   */
  #loss(plan: Plan, targets: readonly Block[]): BatchLoss {
    const fused = this.#fused(plan);
    const result: BatchLoss = { total: plan.extraLoss(), outputs: [] };
    plan.outputs.forEach((output, i) => {
      const weight = this.weights[i], parts: number[] = [];
      const how = { fused: fused[i], weight, parts };
      const loss = computeLoss(this.losses[i], output, targets[i], output.gradient, how);
      result.total += weight * loss;
      result.outputs.push({ loss, parts });
    });
    return result;
  }

  /**
   * One step on a plan whose inputs and targets are filled in. Returns the loss before it.
   *
   * @param random Seed and step that dropout and noise draw from.
   * @param part Where the batch is only a part of the step: gradients are summed, each part's by its
   * share of the pictures, and the optimizer steps after the last.
   */
  step(
    plan: Plan,
    targets: readonly Block[],
    random: { seed: number; step: number },
    part?: Part,
  ): BatchLoss {
    const { batch } = plan.options;
    const { of, before, last } = part ?? { of: batch, before: 0, last: true };
    plan.forward({ training: true, ...random });
    const loss = this.#loss(plan, targets);
    if (!Number.isFinite(loss.total)) return loss;
    const parameters = this.parameters;
    // What is there counts in parts as large as this one, so that a loss of layers needs no telling.
    if (!before) { for (const { gradient } of parameters) gradient.view.fill(0); }
    else if (before !== batch) {
      for (const { gradient } of parameters) scale(gradient, before / batch);
    }
    plan.backward({ rule: "gradient", parameters: true }, this.#fused(plan));
    if (!last) return this.#penalized(loss);
    if (of !== batch) { for (const { gradient } of parameters) scale(gradient, batch / of); }
    const penalized = this.#penalized(loss, true);
    this.optimizers.step();
    return penalized;
  }

  /** Adds the penalties on the weights that training changes to a loss, and their gradients where wanted. */
  #penalized(loss: BatchLoss, gradients = false): BatchLoss {
    loss.total += penalize(this.parameters, gradients);
    return loss;
  }

  /** Running means of the loss and the metrics. */
  totals(): Totals {
    return new Totals(this.graph, this.losses, this.metrics);
  }

  /** Fills a plan from a source; returns where its targets are. */
  async read(
    plan: Plan,
    source: BatchSource,
    indices: ArrayLike<number>,
    pass = 0,
  ): Promise<readonly Block[]> {
    const targets = source.targetIsInput ? [plan.inputs[0].data] : this.targets(plan);
    const reading = source.read(
      indices,
      plan.inputs.map(({ data }) => data.view),
      source.targetIsInput ? [] : targets.map((block) => block.view),
      pass,
    );
    if (reading) {
      plan.busy = true;
      try {
        await reading;
      } finally {
        plan.busy = false;
      }
    }
    return targets;
  }

  /**
   * Loss and metrics over a source, without learning.
   *
   * @param notFinite Is told of a batch whose loss is not finite, by a plan that holds it.
   */
  async evaluate(
    source: BatchSource,
    batchSize: number,
    prefix = "",
    notFinite?: NotFinite,
  ): Promise<Logs> {
    const totals = this.totals(), count = batchCount(source.size, batchSize);
    const turn = turns();
    let batch = 0;
    for (const indices of batches(source.size, { batchSize })) {
      const plan = this.plans.get({ batch: indices.length, gradients: false });
      const targets = await this.read(plan, source, indices);
      plan.forward(INFERENCE);
      const loss = this.#penalized(this.#loss(plan, targets));
      totals.add(loss, plan, targets);
      batch++;
      if (notFinite && !Number.isFinite(loss.total)) {
        const held = await this.read(plan, source, indices);
        await notFinite(loss.total, `batch ${batch} of ${count} of the validation`, plan, held);
      }
      await turn();
    }
    return totals.logs(prefix);
  }
}
