import type { Block } from "./block.ts";
import { batchCount, batches } from "./data/batches.ts";
import { DeconvError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { INFERENCE, type Parameter } from "./layer.ts";
import { computeLoss, fitLoss, fusesWith, type Loss, lossConfig, targetShape } from "./losses.ts";
import type { LossConfig } from "./losses/loss.ts";
import { metricConfigs, type Metrics } from "./metrics.ts";
import type { MetricConfig } from "./metrics/metric.ts";
import { makeOptimizer, type Optimizer, type OptimizerName } from "./optimizers.ts";
import type { Plan } from "./plan.ts";
import type { Plans } from "./plans.ts";
import type { BatchSource } from "./source.ts";
import { type Shape, sizeOf } from "./tensor.ts";
import { type BatchLoss, type Logs, Totals } from "./totals.ts";
import { runtime } from "./wasm/runtime.ts";

export type { Logs };

/** What `compile` takes. */
export interface CompileOptions {
  /** An optimizer or its name (with its defaults). Default `"adam"`. */
  optimizer?: Optimizer | OptimizerName;
  /** One loss for all outputs, or one for each. */
  loss: Loss | readonly Loss[];
  /** What each output's loss counts in the sum. Default 1. */
  lossWeights?: readonly number[];
  /** Reported besides the loss: for the first output, or a list for each. Default none. */
  metrics?: Metrics;
}

/** What a training run tells while it runs. */
export interface Callbacks {
  /** After each batch, with the running means of the epoch. */
  onBatchEnd?(at: { epoch: number; batch: number; batches: number; size: number }, logs: Logs):
    | void
    | Promise<void>;
  /** After each epoch, validation included. */
  onEpochEnd?(epoch: number, logs: Logs): void | Promise<void>;
}

/** What `fit` takes. */
export interface FitOptions extends Callbacks {
  /** Passes over the data, counted from the very first. Default 1. */
  epochs?: number;
  /** Pictures a step. Default 32. */
  batchSize?: number;
  /** Whether each epoch goes through the data in another order. Default true. */
  shuffle?: boolean;
  /** Decides the order. Default 0. */
  seed?: number;
  /** Where to go on: the first epoch to run. Default 0. */
  initialEpoch?: number;
  /** Where in that epoch to go on. Default 0. */
  initialBatch?: number;
  /** Stops the run after the batch at hand. */
  signal?: AbortSignal;
}

/** What a training run was like. */
export interface History {
  /** Number of each epoch completed. */
  epochs: number[];
  /** Loss and metrics of each epoch, by name. */
  history: Record<string, number[]>;
  /** Where a run that was stopped by its signal would go on; absent when it ran to its end. */
  stopped?: { epoch: number; batch: number };
}

/** How long (ms) a run may go without letting the event loop turn: signals and servers wait for it. */
const TURN = 50;

/** A function that lets the event loop turn once it is time for that. */
function turns(): () => void | Promise<void> {
  let turned = performance.now();
  return () => {
    if (performance.now() - turned <= TURN) return;
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      turned = performance.now();
    });
  };
}

/** What a model was compiled with. */
export interface Compiled {
  /** The optimizer with its state. */
  readonly optimizer: Optimizer;
  /** The loss of each output. */
  readonly losses: readonly LossConfig[];
  /** What each counts in the sum. */
  readonly weights: readonly number[];
  /** Metrics reported for each output. */
  readonly metrics: readonly (readonly MetricConfig[])[];
}

/** Trains and evaluates one network with one loss and one optimizer. */
export class Trainer implements Compiled {
  /** The optimizer with its state. */
  readonly optimizer: Optimizer;
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
    this.optimizer = typeof optimizer === "string" ? makeOptimizer(optimizer) : optimizer;
    this.losses = graph.outputs.map((_, i) => lossConfig(losses[losses.length === 1 ? 0 : i]));
    this.weights = options.lossWeights ?? graph.outputs.map(() => 1);
    if (this.weights.length !== count || !this.weights.every(Number.isFinite)) {
      throw new DeconvError(`lossWeights must be ${count} number(s), one for each output`);
    }
    this.losses.forEach((config, i) => fitLoss(config, graph.shapes[graph.outputs[i]]));
    this.metrics = metricConfigs(metrics, count);
    this.#totals(); // refuses metrics that do not fit
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
    const layers = new Set(this.graph.nodes.map((node) => node.layer));
    return [...layers].filter((layer) => layer.trainable).flatMap((layer) => layer.parameters)
      .filter(({ learned }) => learned);
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
   */
  step(plan: Plan, targets: readonly Block[], random: { seed: number; step: number }): BatchLoss {
    plan.forward({ training: true, ...random });
    const loss = this.#loss(plan, targets);
    if (!Number.isFinite(loss.total)) return loss;
    const parameters = this.parameters;
    for (const { gradient } of parameters) gradient.view.fill(0);
    plan.backward({ rule: "gradient", parameters: true }, this.#fused(plan));
    this.optimizer.step(parameters);
    return loss;
  }

  /** Running means of the loss and the metrics. */
  #totals(): Totals {
    return new Totals(this.graph, this.losses, this.metrics);
  }

  /** Fills a plan from a source. */
  async #read(plan: Plan, source: BatchSource, indices: ArrayLike<number>, pass = 0) {
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

  /** Loss and metrics over a source, without learning. */
  async evaluate(source: BatchSource, batchSize: number, prefix = ""): Promise<Logs> {
    const totals = this.#totals();
    const turn = turns();
    for (const indices of batches(source.size, { batchSize })) {
      const plan = this.plans.get({ batch: indices.length, gradients: false });
      const targets = await this.#read(plan, source, indices);
      plan.forward(INFERENCE);
      totals.add(this.#loss(plan, targets), plan, targets);
      await turn();
    }
    return totals.logs(prefix);
  }

  /** Trains on a source; see `Model.fit`. */
  async fit(
    source: BatchSource,
    options: FitOptions,
    validation: BatchSource | null,
  ): Promise<History> {
    const { epochs = 1, batchSize = 32, shuffle = true, seed = 0, initialEpoch = 0, signal } =
      options;
    const result: History = { epochs: [], history: {} };
    const count = batchCount(source.size, batchSize);
    const turn = turns();
    for (let epoch = initialEpoch; epoch < epochs; epoch++) {
      const totals = this.#totals();
      let batch = epoch === initialEpoch ? options.initialBatch ?? 0 : 0;
      for (
        const indices of batches(source.size, { batchSize, shuffle, seed, epoch, start: batch })
      ) {
        if (signal?.aborted) return { ...result, stopped: { epoch, batch } };
        const plan = this.plans.get({ batch: indices.length, gradients: true });
        const targets = await this.#read(plan, source, indices, epoch);
        const loss = this.step(plan, targets, { seed, step: epoch * count + batch });
        expectFinite(loss.total, epoch, batch, count);
        totals.add(loss, plan, targets);
        const at = { epoch, batch: batch++, batches: count, size: indices.length };
        await options.onBatchEnd?.(at, totals.logs());
        await turn();
      }
      const logs = totals.logs();
      if (validation) Object.assign(logs, await this.evaluate(validation, batchSize, "val_"));
      result.epochs.push(epoch);
      for (const [name, value] of Object.entries(logs)) (result.history[name] ??= []).push(value);
      await options.onEpochEnd?.(epoch, logs);
    }
    return result;
  }
}

function expectFinite(loss: number, epoch: number, batch: number, batches: number): void {
  if (Number.isFinite(loss)) return;
  throw new DeconvError(
    `Training stopped: the loss became ${loss} in epoch ${epoch + 1}, batch ${
      batch + 1
    } of ${batches}; try a smaller learning rate, globalClipNorm, or look for NaN in the data`,
  );
}
