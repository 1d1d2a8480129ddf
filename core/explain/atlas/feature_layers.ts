/** Where the features of a network can be looked at. */
import { placeName } from "../../graph.ts";
import type { Model } from "../../model.ts";

/** A layer that makes features, and where they are complete. */
export interface FeatureLayer {
  /** Name of the layer whose output is looked at, in the unfused network. */
  readonly layer: string;
  /** Names of the layers that make it: the one with the weights, its shape, normalisation, activation. */
  readonly made: readonly string[];
  /** Kind of the one with the weights. */
  readonly kind: string;
}

/** Activations that turn scores into chances, which saturate. */
const CHANCES: readonly string[] = ["softmax", "log_softmax", "sigmoid", "hard_sigmoid"];

/**
 * The features of an unfused network, from input to output: what each layer with weights (and each sum
 * of a skip) makes, behind the normalisation and the activation that follow it alone, but before a
 * softmax or a sigmoid. Where a vector becomes a picture, its channels are looked at.
 *
 * @param model What `unfuse` made.
 */
export function featureLayers({ graph }: Model): FeatureLayer[] {
  const { nodes, shapes } = graph;
  /** The node that follows a value alone. */
  const follower = (value: number) => {
    const readers = nodes.flatMap((node, i) => node.inputs.includes(value) ? [i] : []);
    return readers.length === 1 ? readers[0] : undefined;
  };
  return nodes.flatMap(({ layer }, i): FeatureLayer[] => {
    const weighs = layer.kind === "add" ||
      layer.parameters.some(({ name, shape }) => /kernel$/.test(name) && shape.length > 1);
    if (!weighs) return [];
    const made = [placeName(graph, i)];
    let at = i, ended = false;
    for (;;) {
      const next = follower(nodes[at].output);
      if (!next) break;
      const { layer: { kind, activation }, output } = nodes[next];
      const ends = kind === "prelu" || kind === "activation" && !CHANCES.includes(activation);
      const normalized = kind.endsWith("_normalization") && kind !== "spectral_normalization";
      const shaped = kind === "reshape" && shapes[output].length > 1;
      if (!shaped && (ended || !ends && !normalized)) break;
      ended ||= ends;
      at = next;
      const name = placeName(graph, at);
      // A layer and its own activation are one.
      if (made[made.length - 1] === `${name}/linear`) made.pop();
      made.push(name);
    }
    return [{ layer: made[made.length - 1], made, kind: layer.kind }];
  });
}
