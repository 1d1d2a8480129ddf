import { DeconvError } from "../errors.ts";
import { sameShape, shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { reserveSums } from "../wasm/elementwise.ts";
import { runtime } from "../wasm/runtime.ts";

/**
 * How far normal distributions are from the standard normal one: ½Σ(μ² + eˡ − 1 − l), summed over the
 * latent axis and averaged over the batch, with its gradients (Kingma & Welling 2014, appendix B).
 *
 * @param mean,logVariance Of shape `[batch, latent]`.
 * @throws {DeconvError} When the shapes differ.
 *
 * @example
 * ```ts
 * import { klStandardNormal, zeros } from "@deconv/deconv";
 * console.log(klStandardNormal(zeros([4, 8]), zeros([4, 8])).loss); // 0
 * ```
 */
export function klStandardNormal(
  mean: Tensor,
  logVariance: Tensor,
): { loss: number; meanGradient: Tensor; logVarianceGradient: Tensor } {
  if (!sameShape(mean.shape, logVariance.shape)) {
    throw new DeconvError(
      `Mean ${shapeText(mean.shape)} and log variance ${
        shapeText(logVariance.shape)
      } must have the same shape`,
    );
  }
  const r = runtime(), n = sizeOf(mean.shape), batch = mean.shape[0];
  const blocks = Array.from({ length: 4 }, () => r.allocate(n));
  blocks[0].view.set(mean.data);
  blocks[1].view.set(logVariance.data);
  reserveSums(n);
  const total = r.call("loss_kl", n, 1 / batch, ...blocks.map((block) => block.address));
  const [meanGradient, logVarianceGradient] = blocks.slice(2).map((block) => ({
    shape: mean.shape,
    data: block.view.slice(),
  }));
  blocks.forEach((block) => r.release(block));
  return { loss: total / batch, meanGradient, logVarianceGradient };
}
