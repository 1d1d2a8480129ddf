import { DeconvError } from "./errors.ts";
import type { Layer, ParameterSpec } from "./layer.ts";
import type { Parameter } from "./operation.ts";
import { sameShape, shapeText } from "./tensor.ts";

const nameOf = (layer: Layer | string) => typeof layer === "string" ? layer : layer.name;

function refuse(layer: Layer, why: string): never {
  throw new DeconvError(`Cannot tie ${layer.title} to "${nameOf(layer.tiedTo!)}": ${why}`);
}

/**
 * The layer whose kernel a tied layer uses.
 *
 * @param layers Those of the model; others will do if they have been built.
 * @throws {DeconvError} When there is none, or it has no kernel that could serve.
 */
export function kernelOwner(layer: Layer, layers: readonly Layer[]): Layer {
  const tiedTo = layer.tiedTo!;
  const owner = layers.find((other) => other === tiedTo || other.name === tiedTo) ?? tiedTo;
  if (typeof owner === "string" || !layers.includes(owner) && !owner.builtFor) {
    const names = [...new Set(layers)].map(({ name }) => name).join(", ");
    return refuse(layer, `the model has no such layer; it has ${names}`);
  }
  if (owner === layer) return refuse(layer, "that is the layer itself");
  if (owner.tiedTo !== null) {
    const next = nameOf(owner.tiedTo);
    return refuse(
      layer,
      next === layer.name
        ? "each is tied to the other: one must have a kernel of its own"
        : `that is itself tied to "${next}": tie both to "${next}"`,
    );
  }
  if (!layer.ties.includes(owner.kind)) {
    const kinds = layer.ties.join(" or ");
    return refuse(layer, `it can use the kernel of a ${kinds}, and that is a ${owner.kind}`);
  }
  return owner;
}

/**
 * The parameter of its owner that a tied layer uses as its own.
 *
 * @throws {DeconvError} When the shape does not fit.
 */
export function tiedParameter(layer: Layer, owner: Layer, spec: ParameterSpec): Parameter {
  const found = owner.parameters.find(({ name }) => name.endsWith(`/${spec.name}`))!;
  if (sameShape(found.shape, spec.shape)) return found;
  return refuse(
    layer,
    `its ${spec.name} would have to be ${shapeText(spec.shape)}, and the ${spec.name} there is ${
      shapeText(found.shape)
    }`,
  );
}
