import type { CallbackStates } from "./callbacks/list.ts";
import type { Dataset } from "./data/dataset.ts";
import { DeconvError } from "./errors.ts";
import { fit, type FitOptions, type History } from "./fit.ts";
import { Differentiable } from "./differentiable.ts";
import { tensorList, type Tensors } from "./network.ts";
import { type BatchSource, datasetSource, type DatasetTarget, tensorSource } from "./source.ts";
import { type Compiled, type CompileOptions, type Logs, Trainer } from "./train.ts";

/** A network that can be trained, evaluated and saved. Made by `sequential` and `model`. */
export class Model extends Differentiable {
  /** Where training stands; saved with the model so that a run can go on. */
  progress: { epoch: number; batch: number } = { epoch: 0, batch: 0 };
  /**
   * What the callbacks of the last run keep, to go on from; saved with the model.
   *
   * @internal
   */
  callbackStates: () => CallbackStates = () => ({});
  #trainer: Trainer | null = null;

  /** What `compile` made; null before it. */
  get compiled(): Compiled | null {
    return this.#trainer;
  }

  /**
   * Chooses loss, optimizer and metrics for training.
   *
   * @throws {DeconvError} When a name is unknown or an option out of range.
   */
  compile(options: CompileOptions): void {
    this.#trainer = new Trainer(this.graph, this.plans, options);
  }

  #needTrainer(): Trainer {
    if (this.#trainer) return this.#trainer;
    throw new DeconvError("The model must be compiled first: call compile({ optimizer, loss })");
  }

  #arrays(x: Tensors, y: Tensors): BatchSource {
    const { losses } = this.#needTrainer();
    return tensorSource(tensorList(x), tensorList(y), this.inputShapes, this.outputShapes, losses);
  }

  #dataset(dataset: Dataset, target: DatasetTarget): BatchSource {
    const { losses } = this.#needTrainer();
    return datasetSource(dataset, target, this.inputShapes, this.outputShapes, losses);
  }

  /**
   * One step on one batch. Returns the loss before the step.
   *
   * @throws {DeconvError} When the model is not compiled or a shape is wrong.
   */
  trainOnBatch(x: Tensors, y: Tensors): number {
    const trainer = this.#needTrainer();
    const source = this.#arrays(x, y);
    const plan = this.plans.get({ batch: source.size, gradients: true });
    const targets = trainer.targets(plan);
    const indices = Uint32Array.from({ length: source.size }, (_, i) => i);
    source.read(
      indices,
      plan.inputs.map(({ data }) => data.view),
      targets.map((block) => block.view),
    );
    const random = { seed: this.seed, step: trainer.optimizer.iterations };
    return trainer.step(plan, targets, random).total;
  }

  /**
   * Trains on arrays.
   *
   * @param x Inputs, `[count, …inputShape]`, one for each input of the model.
   * @param y Targets, `[count, …outputShape]`; class numbers `[count]` for sparse losses.
   * @param options `validationData: [x, y]` is evaluated after each epoch.
   * @returns Loss and metrics of each epoch.
   * @throws {DeconvError} When the model is not compiled, a shape is wrong, or the loss becomes NaN.
   *
   * @example
   * ```ts
   * import { dense, sequential, tensor } from "@deconv/deconv";
   * const net = sequential([dense({ units: 1, inputShape: [2] })]);
   * net.compile({ loss: "mse", optimizer: "sgd" });
   * const x = tensor([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]), y = tensor([0, 1, 1, 2], [4, 1]);
   * const { history } = await net.fit(x, y, { epochs: 200, batchSize: 4 });
   * console.log(history.loss.at(-1)! < history.loss[0]); // true
   * ```
   */
  async fit(
    x: Tensors,
    y: Tensors,
    options: FitOptions & { validationData?: readonly [Tensors, Tensors] } = {},
  ): Promise<History> {
    const { validationData: data } = options;
    const validation = data ? this.#arrays(data[0], data[1]) : null;
    return await this.#fit(this.#arrays(x, y), options, validation);
  }

  /**
   * Trains on a dataset, streamed.
   *
   * @param options `target`: `"labels"` (default) learns the dataset's targets, `"input"` to
   * reproduce the picture; `validation`: a dataset to evaluate after each epoch. Class numbers serve
   * `sparse_categorical_crossentropy`, `categorical_crossentropy` (as one-hot rows) and, with a single
   * output, `binary_crossentropy`; targets of a shape of their own any loss that wants this shape.
   * @throws {DeconvError} When the model is not compiled, or shapes, loss and targets do not fit.
   */
  async fitDataset(
    dataset: Dataset,
    options: FitOptions & { target?: DatasetTarget; validation?: Dataset } = {},
  ): Promise<History> {
    const { target = "labels" } = options;
    const validation = options.validation ? this.#dataset(options.validation, target) : null;
    return await this.#fit(this.#dataset(dataset, target), options, validation);
  }

  async #fit(source: BatchSource, options: FitOptions, validation: BatchSource | null) {
    return await fit(this, this.#needTrainer(), source, options, validation);
  }

  /** Loss and metrics over arrays. */
  async evaluate(x: Tensors, y: Tensors, options: { batchSize?: number } = {}): Promise<Logs> {
    return await this.#needTrainer().evaluate(this.#arrays(x, y), options.batchSize ?? 32);
  }

  /** Loss and metrics over a dataset. */
  async evaluateDataset(
    dataset: Dataset,
    options: { target?: DatasetTarget; batchSize?: number } = {},
  ): Promise<Logs> {
    const source = this.#dataset(dataset, options.target ?? "labels");
    return await this.#needTrainer().evaluate(source, options.batchSize ?? 32);
  }

  /**
   * Saves the model, its optimizer's state and its progress as one safetensors file, whole or not at
   * all; `loadModel` reads it.
   *
   * @throws {DeconvError} When the file cannot be written.
   */
  async save(path: string | URL, metadata: Record<string, string> = {}): Promise<void> {
    const { saveModel } = await import("./file.ts");
    await saveModel(this, path, metadata);
  }
}
