/** A network as relevance sees it: every node one sum, one copy or one function of single values. */
import type { Block } from "../../block.ts";
import { type Graph, type GraphNode, placeName } from "../../graph.ts";
import { Layer, type Relevance } from "../../layer.ts";
import { layerFromConfig } from "../../layers/registry.ts";
import type { Parameter } from "../../operation.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { runtime } from "../../wasm/runtime.ts";

/** Where a node of a canonical graph comes from. */
export interface Place {
  /** The name of its layer in the network, without `/linear`. */
  readonly name: string;
  /** The kind of that layer and, where it is a part of it, its own. */
  readonly kinds: readonly string[];
}

/** A canonical graph; its layers are twins of the network's, which stay as they are. */
export interface Canonical {
  /** The graph. */
  readonly graph: Graph;
  /** For each node, where it comes from. */
  readonly places: readonly Place[];
  /** The number that each value of the network's graph has in this one. */
  readonly values: readonly number[];
  /** Gives the memory of parameters that were made for it back. */
  release(): void;
}

/** How relevance goes back through a layer. */
export function relevanceOf({ definition, config }: Layer): Relevance | undefined {
  const { relevance } = definition;
  return typeof relevance === "function" ? relevance(config) : relevance;
}

/**
 * Batch normalisation by running statistics as scale · x + shift, for each channel: scale = gamma /
 * √(variance + epsilon), shift = beta − mean · scale.
 */
export function affineOf({ config, parameters }: Layer): {
  scale: Float32Array;
  shift: Float32Array;
} {
  const named = (name: string) =>
    parameters.find((parameter) => parameter.name.endsWith(`/${name}`))?.value.view;
  const [gamma, beta] = [named("gamma"), named("beta")];
  const mean = named("moving_mean")!, epsilon = config.epsilon as number;
  const scale = named("moving_variance")!.map((variance, i) =>
    (gamma?.[i] ?? 1) / Math.sqrt(variance + epsilon)
  );
  return { scale, shift: scale.map((s, i) => (beta?.[i] ?? 0) - mean[i] * s) };
}

/** A layer's kernel with what makes each output channel multiplied by that channel's factor. */
function scaled({ kind, config, parameters: [kernel] }: Layer, factors: Float32Array): Tensor {
  const { shape } = kernel, data = kernel.value.view.slice();
  const across = kind.endsWith("_transpose") || kind === "dense" && config.tiedTo !== undefined;
  if (!across) {
    for (let i = 0; i < data.length; i++) data[i] *= factors[i % factors.length];
    return { shape, data };
  }
  // [..., out/groups, in]: a group's inputs lie together.
  const [outputs, inputs] = shape.slice(-2), groups = factors.length / outputs;
  for (let i = 0; i < data.length; i++) {
    const group = Math.floor(i % inputs / (inputs / groups));
    data[i] *= factors[group * outputs + Math.floor(i / inputs) % outputs];
  }
  return { shape, data };
}

/**
 * A graph in which layers that do several things are several layers (a separable convolution is two,
 * one of an enlarged picture an enlargement and a convolution, a spectrally normalised layer is one
 * with the divided kernel), and in which batch normalisation is merged into the linear layer it
 * follows.
 *
 * @param graph Of an unfused network.
 * @param kept Values that must be there: nothing is merged over them.
 */
export function canonical(graph: Graph, kept: readonly number[]): Canonical {
  const blocks: Block[] = [];
  const parameter = (name: string, { shape, data }: Tensor): Parameter => {
    const value = runtime().allocate(data.length);
    value.view.set(data);
    blocks.push(value);
    return { name, shape, value, gradient: value, learned: false };
  };
  const partsOf = (layer: Layer): Layer[] => {
    const parts = layer.definition.parts?.(layer.config, layer.parameters);
    return parts?.flatMap(({ kind, config, parameters }) => {
      const part = layerFromConfig(kind, { ...config, name: layer.name, trainable: false });
      part.parameters = parameters.map((p) =>
        "value" in p ? p : parameter(`${layer.name}/part`, p)
      );
      return partsOf(part);
    }) ?? [layer];
  };
  const merged = (linear: Layer, norm: Layer): Layer => {
    const { scale, shift } = affineOf(norm), [, bias] = linear.parameters;
    const shifted = shift.map((b, i) => b + (bias?.value.view[i] ?? 0) * scale[i]);
    const layer = new Layer(linear.definition, {
      ...linear.config,
      useBias: true,
      name: linear.name,
      trainable: false,
    });
    layer.parameters = [
      parameter(`${linear.name}/kernel`, scaled(linear, scale)),
      parameter(`${linear.name}/bias`, { shape: [shifted.length], data: shifted }),
    ];
    return layer;
  };

  const uses = graph.shapes.map(() => 0);
  for (const value of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs, ...kept]) {
    uses[value]++;
  }
  const shapes: Shape[] = graph.shapes.slice(0, graph.inputNames.length);
  const values: number[] = shapes.map((_, i) => i), nodes: GraphNode[] = [], places: Place[] = [];
  graph.nodes.forEach(({ layer, inputs, output }, i) => {
    let from = inputs.map((value) => values[value]);
    const maker = nodes.findIndex((node) => node.output === from[0]), before = nodes[maker];
    if (
      before && relevanceOf(layer) === "affine" && uses[inputs[0]] === 1 &&
      relevanceOf(before.layer) === "weighted"
    ) {
      nodes[maker] = { ...before, layer: merged(before.layer, layer) };
      values[output] = before.output;
      return;
    }
    const name = placeName(graph, i).replace(/\/linear(?=$|\/)/, "");
    for (const part of partsOf(layer)) {
      const made = shapes.push(part.outputShape(from.map((value) => shapes[value]))) - 1;
      nodes.push({ layer: part, inputs: from, output: made });
      places.push({ name, kinds: [...new Set([layer.kind, part.kind])] });
      from = [made];
    }
    values[output] = from[0];
  });
  const outputs = graph.outputs.map((value) => values[value]);
  return {
    graph: { ...graph, shapes, nodes, outputs },
    places,
    values,
    release: () => blocks.forEach((block) => runtime().release(block)),
  };
}
