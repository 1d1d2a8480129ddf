/** What an explanation begins with: the value that explains, and the network from there on. */
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { positive } from "../geometry.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { explaining, type ExplainOptions, gradientsIn } from "./gradient.ts";
import { inputsOf, type ResolvedTarget, resolveTarget } from "./target.ts";
import { partOf, unfuse } from "./unfuse.ts";

/** A target, and what explains it as an input. */
export interface Start {
  /** The target; `target.model` begins with the network's inputs. */
  readonly target: ResolvedTarget;
  /** The network from what explains to the target. */
  readonly part: Model;
  /** The values of its inputs, one row for each picture. */
  readonly xs: readonly Tensor[];
  /** Which of its inputs explains. */
  readonly place: number;
  /** That input's value. */
  readonly value: Tensor;
}

/**
 * Makes what explains an input of the network: itself, or what a layer makes, which is computed.
 *
 * @throws {DeconvError} When a shape, the target or a name is wrong.
 */
export function startOf(model: Model, x: Tensors, options: ExplainOptions): Start {
  const given = tensorList(x), target = resolveTarget(model, given, options.target);
  const of = explaining(model, target.model, options.of), { batchSize } = options;
  if (target.model.graph.inputNames.includes(of)) {
    const xs = inputsOf(target.model, model, given);
    const place = target.model.graph.inputNames.indexOf(of);
    return { target, part: target.model, xs, place, value: xs[place] };
  }
  const part = partOf(target.model, { from: of });
  const before = partOf(unfuse(model), { to: of });
  const value = before.predict(inputsOf(before, model, given), { batchSize });
  const [, ...rest] = part.graph.inputNames;
  const others = rest.map((name) => given[model.graph.inputNames.indexOf(name)]);
  return { target, part, xs: [value, ...others], place: 0, value };
}

/** A point at which a target is looked at: one variant of what explains one picture. */
export interface Point {
  /** The picture. */
  readonly picture: number;
  /** Which of its variants. */
  readonly variant: number;
}

/** Gradients of a target at several variants of what explains each picture, as many at a time as asked. */
export function eachVariant(
  { target, part, xs, place, value }: Start,
  options: {
    /** How many variants there are of each picture. */
    variants: number;
    batchSize?: number;
    /** Writes a variant. */
    write: (point: Point, to: Float32Array) => void;
    /** Takes the target's value there and its gradient. */
    read: (point: Point, value: number, gradient: Float32Array) => void;
  },
): void {
  const { variants, batchSize = 32, write, read } = options;
  positive(batchSize, "batchSize");
  const total = target.count * variants, name = part.graph.inputNames[place];
  for (let from = 0; from < total; from += batchSize) {
    const points = Array.from({ length: Math.min(batchSize, total - from) }, (_, i): Point => {
      const picture = Math.floor((from + i) / variants);
      return { picture, variant: from + i - picture * variants };
    });
    const pictures = points.map(({ picture }) => picture);
    const batch = xs.map((x, input) => {
      const width = sizeOf(x.shape.slice(1)), data = new Float32Array(points.length * width);
      points.forEach((point, i) => {
        const to = data.subarray(i * width, (i + 1) * width);
        if (input === place) write(point, to);
        else to.set(x.data.subarray(point.picture * width, (point.picture + 1) * width));
      });
      return { shape: [points.length, ...x.shape.slice(1)], data };
    });
    const { values, watched } = gradientsIn(part, batch, {
      of: [name],
      evaluate: target.evaluate,
      pictures,
      batchSize,
    });
    const { data } = watched[name].gradient, width = sizeOf(value.shape.slice(1));
    points.forEach((point, i) => read(point, values[i], data.subarray(i * width, (i + 1) * width)));
  }
}
