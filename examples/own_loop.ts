// A training loop of one's own: forward, a loss in plain TypeScript, backward, the optimizer's step.
//   deno run examples/own_loop.ts
import { adam, dense, random, sequential, tensor } from "@deconv/deconv";

const net = sequential([
  dense({ units: 16, activation: "tanh", inputShape: [1] }),
  dense({ units: 1 }),
]);
const optimizer = adam({ learningRate: 0.01 });
const numbers = random(1, "points");

for (let step = 0; step <= 1000; step++) {
  const x = Float32Array.from({ length: 64 }, (_, i) => 6 * numbers.uniform(step, i) - 3);
  const [y] = net.forward(tensor(x, [64, 1]), { training: true });
  const error = y.data.map((value, i) => value - Math.sin(x[i]));
  net.zeroGradients();
  net.backward(tensor(error.map((e) => 2 * e / 64), [64, 1]));
  optimizer.step(net.parameters);
  if (step % 200 === 0) {
    console.log(step, (error.reduce((sum, e) => sum + e * e, 0) / 64).toFixed(5));
  }
}
