import type { Block } from "./block.ts";
import { normLayout } from "./constraints.ts";
import { DeconvError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { kernelOwner, tiedParameter } from "./ties.ts";
import { initialize } from "./initializers.ts";
import type { Layer, ParameterSpec } from "./layer.ts";
import { sameShape, type Shape, shapeText, sizeOf } from "./tensor.ts";
import { runtime } from "./wasm/runtime.ts";

const isLearned = ({ learned = true }: ParameterSpec) => learned;

/**
 * Gives every layer of a graph its parameters. Those a layer already has (from another model or
 * another place of this one) are kept if they fit.
 *
 * @param seed Decides the initial values, together with each parameter's name.
 */
export function buildParameters(graph: Graph, seed: number): void {
  const uses = graph.nodes.map(({ layer, inputs }) => {
    const shapes = inputs.map((value) => graph.shapes[value]);
    return { layer, shapes, specs: layer.parameterSpecs(shapes) };
  });
  const made = uses.filter(({ layer }, i) =>
    !layer.builtFor && uses.findIndex((use) => use.layer === layer) === i
  );
  // What is learned lies together, and so do its gradients: an optimizer can take them in one go.
  const all = made.flatMap(({ specs }) => specs).filter(({ tiedTo }) => tiedTo === undefined);
  const blocks = new Map<ParameterSpec, [Block, Block]>();
  for (const kept of [all.filter(isLearned), all.filter((spec) => !isLearned(spec))]) {
    const sizes = kept.map(({ shape }) => sizeOf(shape));
    const values = runtime().allocateTogether(sizes);
    const gradients = runtime().allocateTogether(
      kept.map((spec, i) => isLearned(spec) ? sizes[i] : 0),
    );
    kept.forEach((spec, i) => blocks.set(spec, [values[i], gradients[i]]));
  }
  // A tied layer takes what the layer that it is tied to has been given.
  const layers = uses.map(({ layer }) => layer);
  const free = made.filter(({ layer }) => layer.tiedTo === null);
  for (const { layer, shapes, specs } of [...free, ...made.filter((use) => !free.includes(use))]) {
    const owner = layer.tiedTo === null ? null : kernelOwner(layer, layers);
    layer.parameters = specs.map((spec) => {
      if (spec.tiedTo !== undefined) return tiedParameter(layer, owner!, spec);
      const [value, gradient] = blocks.get(spec)!, { shape, fanIn, fanOut } = spec;
      const name = `${layer.name}/${spec.name}`;
      value.view.set(initialize(spec.initializer, shape, { seed, stream: name, fanIn, fanOut }));
      const { regularizer = null, constraint = null } = spec;
      if (constraint?.kind === "norm") normLayout(shape, constraint.axis, name);
      return { name, shape, value, gradient, learned: isLearned(spec), regularizer, constraint };
    });
    layer.kernelOf = owner;
    layer.builtFor = shapes;
  }
  for (const { layer, shapes, specs } of uses) expectFit(layer, specs, shapes);
}

function expectFit(layer: Layer, specs: readonly ParameterSpec[], shapes: readonly Shape[]): void {
  specs.forEach((spec, i) => {
    const has = layer.parameters[i];
    if (!sameShape(has.shape, spec.shape)) {
      throw new DeconvError(
        `Cannot apply ${layer.title} to ${shapes.map(shapeText).join(" and ")}: its ${spec.name} ${
          shapeText(has.shape)
        } was built for inputs ${
          layer.builtFor!.map(shapeText).join(" and ")
        }, and here it would have to be ${shapeText(spec.shape)}`,
      );
    }
  });
}
