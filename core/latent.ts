/** What generators are fed: normal numbers, and ways between them. */
import { DeconvError } from "./errors.ts";
import type { Model } from "./model.ts";
import { random } from "./random.ts";
import { submodel } from "./submodel.ts";
import { sizeOf, type Tensor } from "./tensor.ts";

/**
 * The part of a network that makes pictures from latent numbers: the network itself where its input is
 * a vector, or what follows the sampling layer of a variational autoencoder.
 *
 * @throws {DeconvError} When the network is neither.
 */
export function generatorOf(model: Model): Model {
  const sampler = model.layers.find(({ kind }) => kind === "sampling");
  if (sampler) return submodel(model, { from: sampler.name });
  const [latent] = model.inputShapes;
  if (model.inputShapes.length === 1 && latent.length === 1 && model.outputShape.length === 3) {
    return model;
  }
  throw new DeconvError(
    `${model.name} does not make pictures from latent numbers: it takes inputs of shape [${latent}]; generators take a vector, and variational autoencoders have a sampling layer`,
  );
}

/** `count` latent vectors of a generator, standard normal; a vector depends on the seed and its number alone. */
export function drawLatent(generator: Model, count: number, seed = 0): Tensor {
  const size = sizeOf(generator.inputShape), data = new Float32Array(count * size);
  const rng = random(seed, "latent samples");
  for (let i = 0; i < count; i++) rng.fillNormal(data.subarray(i * size, (i + 1) * size), 0, 1, i);
  return { shape: [count, size], data };
}

/**
 * `steps` vectors on the great circle from `a` to `b` (Shoemake 1985; White 2016): a straight line
 * would lead through lengths that normal vectors hardly ever have.
 */
export function latentWalk(a: Float32Array, b: Float32Array, steps: number): Float32Array {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine))), sine = Math.sin(angle);
  const out = new Float32Array(steps * a.length);
  for (let step = 0; step < steps; step++) {
    const t = steps > 1 ? step / (steps - 1) : 0;
    const straight = !(sine > 1e-6); // the same direction, or the opposite one
    const from = straight ? 1 - t : Math.sin((1 - t) * angle) / sine;
    const to = straight ? t : Math.sin(t * angle) / sine;
    for (let i = 0; i < a.length; i++) out[step * a.length + i] = from * a[i] + to * b[i];
  }
  return out;
}
