import { DeconvError } from "./errors.ts";
import { valuesNamed } from "./graph.ts";
import { Network, tensorList, type Tensors } from "./network.ts";
import type { GradientRule } from "./operation.ts";
import { checkInputs } from "./source.ts";
import type { Tensor } from "./tensor.ts";
import { penalize } from "./wasm/weights.ts";

/** How `forward` runs. */
export interface ForwardOptions {
  /** Whether layers that behave differently in training should. Default false. */
  training?: boolean;
  /** Decides what dropout and noise draw. Default: the model's. */
  seed?: number;
  /** Decides it too. Default: how often `forward` has been called with `training`. */
  step?: number;
  /** Names of layers and inputs that `watched` will be asked for. Default none. */
  watch?: readonly string[];
}

/** How `backward` runs. */
export interface BackwardOptions {
  /** How relu passes gradients back. Default `"gradient"`. */
  rule?: GradientRule;
  /** Whether gradients are added to the parameters'. Default true. */
  parameters?: boolean;
}

/** What a layer made of a batch (or an input was), and the gradient with respect to it. */
export interface Watched {
  /** The values, `[batch, …]`. */
  readonly output: Tensor;
  /** The gradient, of the same shape; it means nothing before `backward`. */
  readonly gradient: Tensor;
}

/** A network whose passes can be run one by one: for loops of your own and for explanation. */
export class Differentiable extends Network {
  #forwards = 0;
  #watched: readonly string[] = [];

  /**
   * Runs the network forward on one batch and remembers what `backward` needs: for loops of your own.
   *
   * @param options `training` (default false): whether layers that behave differently in training
   * should. `seed` (the model's) and `step` (how often it has been called with `training`) decide what
   * dropout and noise draw. `watch`: names of layers and inputs that `watched` will be asked for.
   * @returns The outputs, copied.
   * @throws {DeconvError} When a shape is wrong or there is no such layer.
   */
  forward(x: Tensors, options: ForwardOptions = {}): Tensor[] {
    const { training = false, seed = this.seed } = options;
    const { step = training ? this.#forwards++ : 0 } = options;
    const xs = tensorList(x);
    const batch = checkInputs(xs, this.inputShapes);
    this.#watched = options.watch ?? [];
    const watch = valuesNamed(this.graph, this.#watched).sort((a, b) => a - b);
    const plan = this.plans.get({ batch, gradients: true, inputGradients: true, watch });
    this.feed(plan, xs, 0);
    plan.forward({ training, seed, step });
    this.plans.held = plan;
    return plan.outputs.map(({ shape, data }) => ({ shape, data: data.view.slice() }));
  }

  /**
   * What layers of their own add to the loss (such as `klWeight` of `sampling`) for the batch that
   * `forward` was given last. `backward` includes its gradient; a divergence has one after a forward
   * pass with `training` only.
   *
   * @throws {DeconvError} Before any `forward`.
   */
  extraLoss(): number {
    const plan = this.plans.held;
    if (!plan) throw new DeconvError("extraLoss needs a forward before it");
    return plan.extraLoss();
  }

  /**
   * Runs the network backward from the gradients of its outputs, after `forward`. Gradients of the
   * parameters are added to what they hold: call `zeroGradients` first for a new step.
   *
   * @param dy The gradient of each output.
   * @param options `rule`: how relu passes gradients back, default `"gradient"`; `parameters`: whether
   * the parameters' gradients are wanted, default true.
   * @returns The gradient of each input.
   * @throws {DeconvError} Before any `forward`, or when a shape is wrong.
   */
  backward(dy: Tensors, options: BackwardOptions = {}): Tensor[] {
    const { rule = "gradient", parameters = true } = options;
    const plan = this.plans.held;
    if (!plan) throw new DeconvError("backward needs a forward before it");
    const dys = tensorList(dy);
    const batch = checkInputs(dys, this.outputShapes);
    if (batch !== plan.options.batch) {
      throw new DeconvError(
        `forward had ${plan.options.batch} pictures, the gradient has ${batch}`,
      );
    }
    plan.outputs.forEach(({ gradient }, i) => gradient?.view.set(dys[i].data));
    plan.backward({ rule, parameters });
    return plan.inputs.map(({ shape, gradient }) => ({ shape, data: gradient!.view.slice() }));
  }

  /**
   * What the layers and inputs made that `forward` was told to watch, and, after `backward`, the
   * gradients with respect to it, copied.
   *
   * @throws {DeconvError} Before any `forward`.
   */
  watched(): Record<string, Watched> {
    const plan = this.plans.held;
    if (!plan) throw new DeconvError("watched needs a forward before it");
    const numbers = valuesNamed(this.graph, this.#watched);
    return Object.fromEntries(this.#watched.map((name, i) => {
      const { shape, data } = plan.values[numbers[i]];
      const gradient = plan.gradientOf(numbers[i])!.view.slice();
      return [name, {
        output: { shape, data: data.view.slice() },
        gradient: { shape, data: gradient },
      }];
    }));
  }

  /**
   * The gradients of a function of the outputs with respect to any layers' outputs and inputs. The
   * parameters' gradients are left as they are.
   *
   * @param options `of`: names of layers and inputs; a layer in several places has `name/2` … for all but
   * the first. `dy`: the function's gradient with respect to each output, or what makes it from the
   * outputs; default 1 everywhere, the gradient of their sum. `rule` and `training` as in `backward` and
   * `forward`.
   * @throws {DeconvError} When a shape is wrong or there is no such layer.
   *
   * @example What a Grad-CAM is made of
   * ```ts
   * import { conv2d, dense, flatten, sequential, tensor, zeros } from "@deconv/deconv";
   * const net = sequential([
   *   conv2d({ filters: 4, kernelSize: 3, name: "features", inputShape: [8, 8, 1] }),
   *   flatten(),
   *   dense({ units: 10 }),
   * ]);
   * const classSeven = tensor([0, 0, 0, 0, 0, 0, 0, 1, 0, 0], [1, 10]);
   * const { features } = net.gradients(zeros([1, 8, 8, 1]), { of: ["features"], dy: classSeven });
   * console.log(features.output.shape, features.gradient.shape); // [1, 6, 6, 4] twice
   * ```
   */
  gradients(
    x: Tensors,
    options: Omit<ForwardOptions, "watch"> & Omit<BackwardOptions, "parameters"> & {
      of: readonly string[];
      dy?: Tensors | ((outputs: Tensor[]) => Tensors);
    },
  ): Record<string, Watched> {
    const { of, dy, rule, ...forward } = options;
    const outputs = this.forward(x, { ...forward, watch: of });
    const ones = () => outputs.map(({ shape, data }) => ({ shape, data: data.map(() => 1) }));
    const from = typeof dy === "function" ? dy(outputs) : dy ?? ones();
    this.backward(from, { rule, parameters: false });
    return this.watched();
  }

  /**
   * Adds the gradients of the penalties on weights (`kernelRegularizer` and its kin) to those of the
   * trainable parameters, and returns the penalties' sum: for loops of your own.
   */
  regularize(): number {
    return penalize(this.trainableParameters, true);
  }

  /** Sets the gradients of all parameters to zero. */
  zeroGradients(): void {
    for (const { gradient } of this.parameters) gradient.view.fill(0);
  }
}
