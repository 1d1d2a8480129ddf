/** Inference keeps transformed kernels; a change of any weight, however it is made, must be seen. */

import { conv2d, conv2dTranspose, type Model, sequential, type Tensor } from "../mod.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertSameBits } from "./harness/threads.ts";

function network(): Model {
  const layer = { padding: "same", activation: "relu" } as const;
  return sequential([
    conv2d({ ...layer, filters: 32, kernelSize: 3, inputShape: [16, 16, 16] }),
    conv2dTranspose({ ...layer, filters: 24, kernelSize: 4, strides: 2 }),
  ]);
}

/** What the network gives without keeping anything: through a plan for training. */
function anew(net: Model, x: Tensor): Float32Array {
  return net.forward(x)[0].data;
}

Deno.test("predictions follow every change of the weights", () => {
  const r = runtime(), before = r.tileColumns;
  const net = network(), x = randomNormal([8, 16, 16, 16], 3);
  for (const columns of [8, 16, 8] as const) {
    r.tileColumns = columns; // also ends the trial that chooses it, after which kernels are kept
    assertSameBits(net.predict(x).data, anew(net, x), "as they were");
    assertSameBits(net.predict(x).data, anew(net, x), "kept");
    for (const { name, value } of net.parameters) {
      const last = value.view.length - 1;
      value.view[last] += 1e-3;
      assertSameBits(net.predict(x).data, anew(net, x), `${name}, one number changed in place`);
      const { shape, data } = net.getWeights(name);
      net.setWeights(name, { shape, data: data.map((v) => v * 1.5) });
      assertSameBits(net.predict(x).data, anew(net, x), `${name} set`);
      // Two numbers that change places leave every sum as it was.
      [value.view[0], value.view[last]] = [value.view[last], value.view[0]];
      assertSameBits(net.predict(x).data, anew(net, x), `${name}, two numbers exchanged`);
    }
  }
  r.tileColumns = before;
});
