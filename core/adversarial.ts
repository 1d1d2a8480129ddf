/**
 * Two networks trained against each other (Goodfellow et al. 2014): a generator that makes pictures of
 * normal numbers, and a discriminator that tells them from real ones.
 */
import type { Block } from "./block.ts";
import { batchCount, batches } from "./data/batches.ts";
import type { Dataset } from "./data/dataset.ts";
import { DeconvError } from "./errors.ts";
import { computeLoss, lossConfig } from "./losses.ts";
import type { Model } from "./model.ts";
import { whyNotFinite } from "./non_finite.ts";
import type { ForwardContext } from "./operation.ts";
import type { Plan } from "./plan.ts";
import { Plans } from "./plans.ts";
import { random } from "./random.ts";
import { expectRoom } from "./room.ts";
import { sameShape, shapeText } from "./tensor.ts";
import { turns } from "./turns.ts";
import { runtime } from "./wasm/runtime.ts";

/** The two networks; both are compiled, each with an optimizer of its own. */
export interface Adversaries {
  /** From `[latent]` normal numbers to a picture. */
  generator: Model;
  /** From a picture to one number, above 0 for "real": a logit. */
  discriminator: Model;
}

/** Losses of the two by name. */
export interface AdversarialLogs {
  /** Mean cross-entropy of the discriminator over real and made pictures. */
  discriminator: number;
  /** Mean cross-entropy of the generator: how little the discriminator takes its pictures for real. */
  generator: number;
}

/** What `trainAdversaries` takes. */
export interface AdversarialOptions {
  /** Passes over the data, counted from the very first. Default 1. */
  epochs?: number;
  /** Pictures a step. Default 64. */
  batchSize?: number;
  /** Decides the order of the pictures and what is drawn. Default 0. */
  seed?: number;
  /** What the discriminator is told of real pictures: 1, or a little less (Salimans et al. 2016). Default 0.9. */
  realLabel?: number;
  /** Where to go on: the first epoch to run. Default 0. */
  initialEpoch?: number;
  /** Where in that epoch to go on. Default 0. */
  initialBatch?: number;
  /** Stops the run after the batch at hand. */
  signal?: AbortSignal;
  /** After each batch, with the running means of the epoch. */
  onBatchEnd?(
    at: { epoch: number; batch: number; batches: number; size: number },
    logs: AdversarialLogs,
  ): void | Promise<void>;
  /** After each epoch. */
  onEpochEnd?(epoch: number, logs: AdversarialLogs): void | Promise<void>;
}

const LOGITS = lossConfig({ kind: "binary_crossentropy", fromLogits: true });

function expectFit({ generator, discriminator }: Adversaries, dataset: Dataset): void {
  const [picture, verdict] = [generator.outputShape, discriminator.outputShape];
  if (!sameShape(picture, discriminator.inputShape) || !sameShape(picture, dataset.shape)) {
    throw new DeconvError(
      `Cannot train ${generator.name} against ${discriminator.name}: one makes ${
        shapeText(picture)
      }, the other takes ${
        shapeText(discriminator.inputShape)
      }, and the pictures of ${dataset.name} are ${shapeText(dataset.shape)}`,
    );
  }
  if (!sameShape(verdict, [1])) {
    throw new DeconvError(
      `The discriminator ${discriminator.name} must give one number, not ${shapeText(verdict)}`,
    );
  }
  for (const { name, compiled } of [generator, discriminator]) {
    if (!compiled) {
      throw new DeconvError(`${name} must be compiled first: its optimizer is used`);
    }
  }
}

/**
 * Trains the two by turns, a step of the discriminator and one of the generator for each batch:
 * the discriminator lowers −ln D(x) − ln(1 − D(G(z))), the generator −ln D(G(z)) (the non-saturating
 * form). What is drawn is addressed by seed, epoch and batch, so a run can go on where it stopped.
 *
 * @returns Where a run stopped by its signal would go on; undefined when it ran to its end.
 * @throws {DeconvError} When the shapes do not fit, a network is not compiled, or a loss becomes NaN.
 *
 * @example
 * ```ts
 * import { preset, shapes, trainAdversaries } from "@deconv/deconv";
 * const { build, adversary, loss } = preset("dcgan");
 * const generator = build({ seed: 1 });
 * const discriminator = adversary!.build({ shape: [32, 32, 3], seed: 2 });
 * generator.compile({ loss });
 * discriminator.compile({ loss });
 * await trainAdversaries({ generator, discriminator }, shapes({ size: 32 }), { batchSize: 16 });
 * ```
 */
export async function trainAdversaries(
  adversaries: Adversaries,
  dataset: Dataset,
  options: AdversarialOptions = {},
): Promise<{ epoch: number; batch: number } | undefined> {
  expectFit(adversaries, dataset);
  const { epochs = 1, batchSize = 64, seed = 0, initialEpoch = 0, initialBatch = 0, signal } =
    options;
  const count = batchCount(dataset.size, batchSize);
  const contest = new Contest(adversaries, seed, options.realLabel ?? 0.9);
  contest.expectRoom(dataset.size, batchSize);
  const turn = turns();
  for (let epoch = initialEpoch; epoch < epochs; epoch++) {
    const sums = { discriminator: 0, generator: 0 };
    let seen = 0, batch = epoch === initialEpoch ? initialBatch : 0;
    const order = { batchSize, shuffle: true, seed, epoch, start: batch };
    const means = () => ({
      discriminator: sums.discriminator / seen,
      generator: sums.generator / seen,
    });
    for (const indices of batches(dataset.size, order)) {
      if (signal?.aborted) return { epoch, batch };
      const size = indices.length;
      const losses = await contest.step(
        size,
        (pictures) => dataset.read(indices, pictures, undefined, epoch),
        epoch * count + batch,
        `in epoch ${epoch + 1}, batch ${batch + 1} of ${count}`,
      );
      for (const name of ["discriminator", "generator"] as const) {
        sums[name] += size * losses[name];
      }
      seen += size;
      const at = { epoch, batch: batch++, batches: count, size };
      await options.onBatchEnd?.(at, means());
      await turn();
    }
    await options.onEpochEnd?.(epoch, means());
  }
  return undefined;
}

/** The plans of the two networks, and one step of both. */
class Contest {
  readonly #generating: Plans;
  readonly #judging: Plans;
  readonly #targets: Map<number, Block> = new Map();

  constructor(
    readonly adversaries: Adversaries,
    readonly seed: number,
    readonly realLabel: number,
  ) {
    this.#generating = new Plans(adversaries.generator.graph);
    this.#judging = new Plans(adversaries.discriminator.graph);
  }

  /** Refuses batches that do not fit into memory. */
  expectRoom(size: number, batchSize: number): void {
    const sizes = (batch: number) => size % batch ? [batch, size % batch] : [batch];
    const training = { gradients: true };
    expectRoom([
      {
        plans: this.#generating,
        wanted: (most) => sizes(most).map((batch) => ({ batch, ...training })),
      },
      {
        plans: this.#judging,
        wanted: (most) =>
          sizes(most).map((batch) => ({ batch, ...training, inputGradients: true })),
      },
    ], Math.min(size, batchSize));
  }

  /** One step of each. Returns the losses before it; none of them is taken where a loss is not finite. */
  async step(
    size: number,
    read: (pictures: Float32Array) => void | Promise<void>,
    step: number,
    place: string,
  ): Promise<AdversarialLogs> {
    const { generator, discriminator } = this.adversaries;
    const maker = this.#generating.get({ batch: size, gradients: true });
    const judge = this.#judging.get({ batch: size, gradients: true, inputGradients: true });
    const context = (pass: number): ForwardContext => ({
      training: true,
      seed: this.seed,
      step: 3 * step + pass,
    });
    const [latent] = maker.inputs, [made] = maker.outputs, [shown] = judge.inputs;
    const expectFinite = (name: string, loss: number, plan: Plan, pass: number) => {
      if (Number.isFinite(loss)) return;
      const { found, advice } = whyNotFinite(plan, context(pass));
      throw new DeconvError(
        `Training stopped: the loss of the ${name} became ${loss} ${place}: ${found}; ${advice}`,
      );
    };
    const soundPictures = () => made.data.view.every(Number.isFinite);

    await read(shown.data.view);
    for (const { gradient } of discriminator.parameters) gradient.view.fill(0);
    judge.forward(context(0));
    const real = this.#judge(judge, this.realLabel, true);
    expectFinite("discriminator", real, judge, 0);

    random(this.seed, "latent").fillNormal(latent.data.view, 0, 1, step);
    maker.forward(context(1));
    shown.data.view.set(made.data.view);
    judge.forward(context(1));
    const unreal = this.#judge(judge, 0, true);
    expectFinite("discriminator", unreal, soundPictures() ? judge : maker, 1);
    discriminator.compiled!.optimizer.step(discriminator.parameters);

    judge.forward(context(2));
    const fooled = this.#judge(judge, 1, false);
    expectFinite("generator", fooled, judge, 2);
    for (const { gradient } of generator.parameters) gradient.view.fill(0);
    made.gradient!.view.set(shown.gradient!.view);
    maker.backward({ rule: "gradient", parameters: true });
    generator.compiled!.optimizer.step(generator.parameters);
    return { discriminator: (real + unreal) / 2, generator: fooled };
  }

  /** The loss of the discriminator's verdict against one label, and its gradients. */
  #judge(judge: Plan, label: number, parameters: boolean): number {
    const [verdict] = judge.outputs;
    let target = this.#targets.get(verdict.data.length);
    if (!target) {
      target = runtime().allocate(verdict.data.length);
      this.#targets.set(verdict.data.length, target);
    }
    target.view.fill(label);
    const loss = computeLoss(LOGITS, verdict, target, verdict.gradient);
    judge.backward({ rule: "gradient", parameters });
    return loss;
  }
}
