import { DeconvError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { initialize } from "./initializers.ts";
import type { Layer, Parameter, ParameterSpec } from "./layer.ts";
import { sameShape, type Shape, shapeText, sizeOf } from "./tensor.ts";
import { runtime } from "./wasm/runtime.ts";

/**
 * Gives every layer of a graph its parameters. Those a layer already has (from another model or
 * another place of this one) are kept if they fit.
 *
 * @param seed Decides the initial values, together with each parameter's name.
 */
export function buildParameters(graph: Graph, seed: number): void {
  for (const { layer, inputs } of graph.nodes) {
    const shapes = inputs.map((value) => graph.shapes[value]);
    const specs = layer.parameterSpecs(shapes);
    if (layer.builtFor) expectFit(layer, specs, shapes);
    else {
      layer.parameters = specs.map((spec) => createParameter(layer, spec, seed));
      layer.builtFor = shapes;
    }
  }
}

function createParameter(layer: Layer, spec: ParameterSpec, seed: number): Parameter {
  const name = `${layer.name}/${spec.name}`;
  const size = sizeOf(spec.shape);
  const value = runtime().allocate(size), gradient = runtime().allocate(size);
  const { fanIn, fanOut } = spec;
  value.view.set(initialize(spec.initializer, spec.shape, { seed, stream: name, fanIn, fanOut }));
  return { name, shape: spec.shape, value, gradient };
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
