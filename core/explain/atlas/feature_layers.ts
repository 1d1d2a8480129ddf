/** Where the features of a network can be looked at. */
import { placeName } from "../../graph.ts";
import type { Model } from "../../model.ts";

/** A layer that makes features, and where they are complete. */
export interface FeatureLayer {
  /** Name of the layer whose output is looked at, in the unfused network. */
  readonly layer: string;
  /** Names of the layers that make it: the one with the weights, its normalisation, its activation. */
  readonly made: readonly string[];
  /** Kind of the one with the weights. */
  readonly kind: string;
}

/** Activations that turn scores into chances, which saturate. */
const CHANCES: readonly string[] = ["softmax", "log_softmax", "sigmoid", "hard_sigmoid"];

/**
 * The features of an unfused network, from input to output: what each layer with weights (and each sum
 * of a skip) makes, behind the normalisation and the activation that follow it alone, but before a
 * softmax or a sigmoid.
 *
 * @param model What `unfuse` made.
 */
export function featureLayers({ graph }: Model): FeatureLayer[] {
  const { nodes } = graph;
  const next = (value: number) => {
    const readers = nodes.flatMap((node, i) => node.inputs.includes(value) ? [i] : []);
    return readers.length === 1 ? readers[0] : -1;
  };
  return nodes.flatMap(({ layer }, i): FeatureLayer[] => {
    const weighs = layer.kind === "add" ||
      layer.parameters.some(({ name, shape }) => /kernel$/.test(name) && shape.length > 1);
    if (!weighs) return [];
    const made = [placeName(graph, i)];
    for (let at = i;;) {
      at = next(nodes[at].output);
      const { kind, activation } = nodes[at]?.layer ?? { kind: "", activation: "" };
      const ends = kind === "prelu" || kind === "activation" && !CHANCES.includes(activation);
      if (!ends && !kind.endsWith("_normalization") || kind === "spectral_normalization") break;
      made.push(placeName(graph, at));
      if (ends) break;
    }
    return [{ layer: made[made.length - 1], made, kind: layer.kind }];
  });
}
