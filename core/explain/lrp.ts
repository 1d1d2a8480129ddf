/** Layer-wise relevance propagation. */
import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import { valuesNamed } from "../graph.ts";
import type { Model } from "../model.ts";
import { tensorList, type Tensors } from "../network.ts";
import { INFERENCE } from "../operation.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { canonical } from "./lrp/canonical.ts";
import { explaining, type ExplainOptions, rows } from "./gradient.ts";
import { RelevancePass } from "./lrp/pass.ts";
import { assignRules, type LrpAssignment, type LrpPreset } from "./lrp/presets.ts";
import { inputsOf, resolveTarget } from "./target.ts";

/** How `lrp` goes back. */
export interface LrpOptions extends ExplainOptions {
  /** A choice of rules for the whole network. Default `"epsilon-plus"`. */
  preset?: LrpPreset;
  /** Rules of certain layers, before those of the preset; the first that fits a layer counts. */
  rules?: readonly LrpAssignment[];
  /**
   * Where relevance goes in max pooling: to the winner of each window, or as in an average of it.
   * Default `"winner"`.
   */
  maxPool?: "winner" | "average";
}

/**
 * Relevances, and where the rest of them went. For each picture `start` is the sum of its
 * `relevance`, `bias`, `epsilon` and `elsewhere`, as far as float32 goes.
 */
export interface LrpResult {
  /** The relevance of each number of the input, or of what the layer `of` makes. */
  readonly relevance: Tensor;
  /** For each picture the target's value. */
  readonly values: number[];
  /** For each picture the relevance that the pass began with. */
  readonly start: number[];
  /** For each picture what biases took. */
  readonly bias: number[];
  /** For each picture what epsilons took, and what would have gone to padding or to nothing. */
  readonly epsilon: number[];
  /** For each picture what went elsewhere than to `of`: to another input, around it by a skip. */
  readonly elsewhere: number[];
  /** The rule that each layer with weights followed, by name. */
  readonly rules: Record<string, string>;
}

/**
 * Layer-wise relevance propagation (Bach et al. 2015, "On pixel-wise explanations for non-linear
 * classifier decisions by layer-wise relevance propagation"; Montavon et al. 2019): an output's value is
 * handed back from layer to layer, each of which shares what it has among its inputs in proportion to
 * what they contributed, until it lies on the input. A positive number spoke for the target, a negative
 * one against it.
 *
 * It begins with y·∂target/∂y, y being what the target looks at: with the value itself, where the
 * target is a logit, a unit, or the mean or the largest of several; for a function that is not linear,
 * such as an error, with its linear part. Where a sigmoid or softmax has the last word, y is the score before it,
 * for pixels as for classes: a pixel of ½ is a score of 0, of which there is nothing to hand back.
 *
 * What layers do with relevance:
 * - dense layers and all convolutions, transposed ones among them, follow a rule (`LrpRule`). A
 *   separable convolution is its two, one of an enlarged picture an enlargement and a convolution, a
 *   spectrally normalised layer has its kernel divided;
 * - average pooling, bilinear enlargement and addition share it in proportion to what they sum;
 * - max pooling gives it to the winner (or see `maxPool`), unpooling follows the switches, which
 *   themselves get none; pixel shuffles, nearest enlargement, reshaping, permuting, cropping, padding
 *   and concatenation hand each value's to where the value came from; sampling to the mean;
 * - activations, prelu, dropout and noise let it pass, and so do layer, group and instance
 *   normalisation, whose statistics would otherwise share it between all;
 * - batch normalisation is merged into the linear layer that it follows, as by Zennit's canonizer: a
 *   rule that looks at signs must see the weights that take effect. Where there is no such layer, or `of` stands
 *   between them, relevance passes, unless `rules` names its layer or kind: then it is a layer of one
 *   weight for each channel;
 * - a product gives it to what is weighed and nothing to gates (sigmoid, hard_sigmoid or softmax; Arras
 *   et al. 2017, "signal takes all"), in equal parts to several;
 * - an embedding gives each number in a sentence the sum of its row's.
 *
 * Where to begin: `"epsilon-plus"` is smooth and speaks of evidence for the target alone in the
 * convolutions; `"epsilon-gamma-box"` is sharper and has evidence against it, for pictures between 0 and 1;
 * `rules: [{ rule: "epsilon" }]` is close to input times gradient, and as noisy.
 *
 * @param x The pictures, one tensor for each input.
 * @throws {DeconvError} When a shape, the target, a name or a rule is wrong, or a layer does not say how
 * relevance goes back through it.
 *
 * @example
 * ```ts
 * import { lrp, preset, zeros } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 });
 * const { relevance, start, bias } = lrp(net, zeros([1, 32, 32, 3]), {
 *   target: { kind: "class", index: 3 },
 *   preset: "epsilon-gamma-box",
 * });
 * console.log(relevance.shape, start.length, bias.length); // [1, 32, 32, 3], 1, 1
 * ```
 *
 * @example Which numbers of its code made a pixel of a decoder's picture
 * ```ts
 * import { lrp, preset, zeros } from "@deconv/deconv";
 * const net = preset("deconv-autoencoder").build({ seed: 0 });
 * const { relevance } = lrp(net, zeros([1, 32, 32, 3]), {
 *   target: { kind: "pixels", region: { top: 9, left: 9 } },
 *   of: "code",
 *   rules: [{ kind: "conv2d_transpose", rule: { kind: "gamma", gamma: 0.5 } }],
 * });
 * console.log(relevance.shape); // [1, 8, 8, 128]
 * ```
 */
export function lrp(model: Model, x: Tensors, options: LrpOptions = {}): LrpResult {
  const { target, batchSize = 32, preset, rules, maxPool = "winner" } = options;
  positive(batchSize, "batchSize");
  if (maxPool !== "winner" && maxPool !== "average") {
    throw new DeconvError(
      `maxPool must be "winner" or "average"; it is ${JSON.stringify(maxPool)}`,
    );
  }
  const resolved = resolveTarget(model, x, target), { model: part, count } = resolved;
  const xs = inputsOf(part, model, tensorList(x));
  const name = explaining(model, part, options.of), [of] = valuesNamed(part.graph, [name]);
  const network = canonical(part.graph, [of]);
  let pass: RelevancePass | undefined;
  try {
    const assigned = assignRules(network, { preset, rules });
    const { graph } = network, wanted = network.values[of];
    const shape = [count, ...graph.shapes[wanted]];
    const relevance = { shape, data: new Float32Array(sizeOf(shape)) };
    const totals = { values: [], start: [], bias: [], epsilon: [], elsewhere: [] } as {
      [name in "values" | "start" | "bias" | "epsilon" | "elsewhere"]: number[];
    };
    for (let from = 0; from < count; from += batchSize) {
      const to = Math.min(count, from + batchSize), batch = to - from;
      if (pass?.plan.options.batch !== batch) {
        pass?.release();
        pass = new RelevancePass(network, batch, { rules: assigned, of: wanted, maxPool });
      }
      const { plan } = pass;
      xs.forEach((x, i) => plan.inputs[i].data.view.set(rows(x, from, to).data));
      plan.forward(INFERENCE);
      const [{ shape, data }] = plan.outputs;
      const pictures = Array.from({ length: batch }, (_, i) => from + i);
      const output = { shape, data: data.view.slice() };
      const { values, gradient } = resolved.evaluate(output, pictures);
      const passed = pass.run(gradient.data);
      rows(relevance, from, to).data.set(passed.relevance);
      totals.values.push(...values);
      for (const name of ["start", "bias", "epsilon", "elsewhere"] as const) {
        totals[name].push(...passed[name]);
      }
    }
    const followed = Object.fromEntries(
      assigned.flatMap((rule, i) => rule ? [[network.places[i].name, rule.kind]] : []),
    );
    return { relevance, ...totals, rules: followed };
  } finally {
    pass?.release();
    network.release();
  }
}
