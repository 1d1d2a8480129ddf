/** Training writes over what it needs no longer; its gradients must be those of the plain way. */

import { type Model, sgd, type Tensor } from "../../mod.ts";
import { assertClose } from "./compare.ts";
import { randomNormal } from "./random_array.ts";

/** Fails unless a training step's gradients of parameters are those of `forward` and `backward`. */
export function assertStepGradients(net: Model, x: Tensor, tolerance: number): void {
  net.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }) });
  const t = randomNormal([x.shape[0], ...net.outputShape], 2);
  net.trainOnBatch(x, t);
  const trained = net.parameters.map(({ gradient }) => gradient.view.slice());
  const [y] = net.forward(x, { training: true });
  net.zeroGradients();
  net.backward({ shape: y.shape, data: y.data.map((v, i) => 2 * (v - t.data[i]) / y.data.length) });
  net.parameters.forEach(({ name, shape, gradient }, i) => {
    const wanted = { shape, data: gradient.view };
    assertClose({ shape, data: trained[i] }, wanted, { name, tolerance });
  });
}
