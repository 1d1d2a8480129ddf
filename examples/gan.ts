// Two networks trained against each other (Goodfellow et al. 2014): a generator makes pictures of
// noise, a discriminator tells them from drawn ones; each learns from the other's gradients.
//   deno run --allow-write examples/gan.ts [steps]
import {
  adam,
  conv2d,
  conv2dTranspose,
  dense,
  encodePng,
  flatten,
  random,
  readBatches,
  reshape,
  sequential,
  shapes,
  type Tensor,
  tensor,
} from "@deconv/deconv";

const steps = Number(Deno.args[0] ?? 150), batchSize = 32, noiseSize = 32;

const up = { kernelSize: 4, strides: 2, padding: "same", activation: "relu" } as const;
const generator = sequential([
  dense({ units: 8 * 8 * 32, activation: "relu", inputShape: [noiseSize] }),
  reshape([8, 8, 32]),
  conv2dTranspose({ ...up, filters: 16 }),
  conv2dTranspose({ ...up, filters: 3, activation: "sigmoid" }),
], { name: "generator", seed: 1 });

const down = { kernelSize: 4, strides: 2, padding: "same", activation: "leaky_relu" } as const;
const discriminator = sequential([
  conv2d({ ...down, filters: 16, inputShape: [32, 32, 3] }),
  conv2d({ ...down, filters: 32 }),
  flatten(),
  dense({ units: 1 }), // a logit: above 0 for "drawn"
], { name: "discriminator", seed: 2 });

const rate = { learningRate: 4e-4, beta1: 0.5 };
const generatorOptimizer = adam(rate), discriminatorOptimizer = adam(rate);

/** Binary cross-entropy of logits whose answer should be `wanted`, and its gradient. */
function judge(logits: Tensor, wanted: number): { loss: number; gradient: Tensor } {
  const count = logits.data.length;
  const chances = logits.data.map((v) => 1 / (1 + Math.exp(-v)));
  const loss = chances.reduce((sum, p) => sum - Math.log(wanted ? p : 1 - p), 0) / count;
  const gradient = tensor(chances.map((p) => (p - wanted) / count), logits.shape);
  return { loss, gradient };
}

const numbers = random(3, "noise");
const noise = (step: number): Tensor =>
  tensor(
    Float32Array.from({ length: batchSize * noiseSize }, (_, i) => numbers.normal(step, i)),
    [batchSize, noiseSize],
  );

const drawn = shapes({ size: steps * batchSize, seed: 4 });
for await (const { number, x: real } of readBatches(drawn, { batchSize })) {
  // The discriminator's step. Gradients of several backward passes add up.
  const [fake] = generator.forward(noise(2 * number), { training: true });
  discriminator.zeroGradients();
  const right = judge(discriminator.forward(real, { training: true })[0], 1);
  discriminator.backward(right.gradient);
  const wrong = judge(discriminator.forward(fake, { training: true })[0], 0);
  discriminator.backward(wrong.gradient);
  discriminatorOptimizer.step(discriminator.trainableParameters);

  // The generator's: it wants the discriminator to be wrong, whose own parameters stay out of it.
  const [made] = generator.forward(noise(2 * number + 1), { training: true });
  const fooled = judge(discriminator.forward(made, { training: true })[0], 1);
  const [gradient] = discriminator.backward(fooled.gradient, { parameters: false });
  generator.zeroGradients();
  generator.backward(gradient);
  generatorOptimizer.step(generator.trainableParameters);

  if (number % 25 === 0) {
    const losses = [right.loss + wrong.loss, fooled.loss].map((loss) => loss.toFixed(3));
    console.log(`step ${number}: discriminator ${losses[0]}, generator ${losses[1]}`);
  }
}

// Eight of its pictures, in a row.
const { data: values } = generator.predict(noise(0)), width = 8 * 32;
const image = { width, height: 32, data: new Uint8ClampedArray(4 * width * 32).fill(255) };
for (let pixel = 0; pixel < width * 32; pixel++) {
  const picture = Math.floor(pixel / 1024), y = Math.floor(pixel / 32) % 32, x = pixel % 32;
  const color = values.subarray(3 * pixel, 3 * pixel + 3).map((v) => 255 * v);
  image.data.set(color, 4 * (y * width + picture * 32 + x));
}
Deno.writeFileSync("gan.png", encodePng(image));
