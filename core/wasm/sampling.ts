import type { Block } from "../block.ts";
import { reserveSums } from "./elementwise.ts";
import { runtime } from "./runtime.ts";

/** y = μ + e^(l/2)·noise; the noise becomes what `samplingGradient` needs of it. */
export function sample(mean: Block, logVariance: Block, noise: Block, y: Block): void {
  const places = [mean.address, logVariance.address, noise.address, y.address];
  runtime().call("sampling_forward", y.length, ...places);
}

/** The gradients of mean and log variance, with `scale` times those of the divergence. */
export function samplingGradient(
  scale: number,
  [mean, logVariance]: readonly Block[],
  noise: Block,
  dy: Block,
  [dmean, dlogVariance]: readonly (Block | null)[],
): void {
  const places = [mean, logVariance, noise, dy, dmean, dlogVariance].map((b) => b?.address ?? 0);
  runtime().call("sampling_gradient", dy.length, scale, ...places);
}

/** Σ ½(μ² + eˡ − 1 − l): how far normal distributions are from the standard one. */
export function divergence(mean: Block, logVariance: Block): number {
  reserveSums(mean.length);
  return runtime().call("loss_kl", mean.length, 0, mean.address, logVariance.address, 0, 0);
}
