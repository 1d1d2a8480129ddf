import type { LayerDescription } from "./description.ts";
import { biasOf, channelsFirst, channelsLast, kernelFirst, permute } from "./layout.ts";
import { load, titleOf } from "./packages.ts";
import type { PeerTask, PreparePeer } from "./peer.ts";

/** An array of jax-js: used up by the function it is given to, unless given as `ref`. */
interface JaxArray {
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  mean(): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<Float32Array>;
}

type Unary = (x: JaxArray) => JaxArray;

/** As much of jax-js as is used here. */
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): unknown;
  jit<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R;
  valueAndGrad<R>(f: (...args: JaxArray[]) => R, options: { argnums: number[] }): (
    ...args: JaxArray[]
  ) => [JaxArray, JaxArray[]];
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    sqrt: Unary;
    log: Unary;
    tanh: Unary;
    clip(x: JaxArray, low: number, high: number): JaxArray;
  };
  readonly nn: { relu: Unary; sigmoid: Unary };
  readonly lax: {
    convGeneralDilated(
      x: JaxArray,
      w: JaxArray,
      strides: readonly number[],
      pads: readonly (readonly [number, number])[],
      options: { lhsDilation: readonly number[] },
    ): JaxArray;
  };
}

/** A kernel as jax has it; a transposed convolution is a convolution of a dilated picture with the kernel turned round. */
function kernelOf(weights: Float32Array, layer: LayerDescription) {
  if (layer.op === "conv2d") return kernelFirst(weights, layer);
  const [height, width, outputs, inputs] = layer.kernel, taps = height * width;
  const size = taps * outputs * inputs;
  const plain = permute(
    weights.subarray(layer.kernelAt, layer.kernelAt + size),
    layer.kernel,
    [2, 3, 0, 1],
  );
  const data = plain.map((_, i) => plain[i - i % taps + taps - 1 - i % taps]);
  return { shape: [outputs, inputs, height, width], data };
}

/** One layer on its kernel and bias. */
function apply({ lax, nn, numpy }: Jax, layer: LayerDescription, [x, w, b]: JaxArray[]): JaxArray {
  const { op, kernel, pads: [top, left, bottom, right], strides } = layer, plain = op === "conv2d";
  const pad = (size: number, p: number) => plain ? p : size - 1 - p;
  const sum = lax.convGeneralDilated(
    x,
    w,
    plain ? strides : [1, 1],
    [[pad(kernel[0], top), pad(kernel[0], bottom)], [pad(kernel[1], left), pad(kernel[1], right)]],
    { lhsDilation: plain ? [1, 1] : strides },
  ).add(b);
  const activations: Record<string, Unary> = { ...nn, tanh: numpy.tanh, linear: (v) => v };
  return activations[layer.activation](sum);
}

/** The forward pass, and the loss of it, as functions of the pictures and all parameters. */
function functions(jax: Jax, { network: { layers } }: PeerTask) {
  const forward = (x: JaxArray, ...parameters: JaxArray[]) =>
    layers.reduce(
      (from, layer, i) => apply(jax, layer, [from, ...parameters.slice(2 * i, 2 * i + 2)]),
      x,
    );
  const loss = (x: JaxArray, ...parameters: JaxArray[]) => {
    const { log, clip } = jax.numpy;
    const p = clip(forward(x.ref, ...parameters), 1e-7, 1 - 1e-7);
    const hit = x.ref.mul(log(p.ref)), miss = x.neg().add(1).mul(log(p.neg().add(1)));
    return hit.add(miss).mean().neg();
  };
  return { forward, loss };
}

/** jax-js on its WebAssembly backend. */
export const prepare: PreparePeer = async (task) => {
  const jax = await load<Jax>("@jax-js/jax"), { array, sqrt } = jax.numpy;
  if (!(await jax.init("wasm")).includes("wasm")) {
    throw new Error("its wasm backend does not start");
  }
  jax.defaultDevice("wasm");
  const { network: { layers, input, output }, batch, weights } = task;
  const x = array(channelsFirst(task.input, input)).reshape([batch, input[2], input[0], input[1]]);
  let parameters = layers.flatMap((layer) => {
    const { shape, data } = kernelOf(weights, layer), bias = biasOf(weights, layer);
    return [array(data).reshape(shape), array(bias).reshape([1, bias.length, 1, 1])];
  });
  const { forward, loss } = functions(jax, task);
  const predict = jax.jit(forward);
  const gradients = jax.jit(
    jax.valueAndGrad(loss, { argnums: parameters.map((_, i) => i + 1) }),
  );
  let moments = parameters.map((p) => [p.ref.mul(0), p.ref.mul(0)]), step = 0;
  const train = async () => {
    const [value, slopes] = gradients(x.ref, ...parameters.map((p) => p.ref));
    const correction = Math.sqrt(1 - 0.999 ** ++step) / (1 - 0.9 ** step);
    moments = moments.map(([m, v], i) => [
      m.mul(0.9).add(slopes[i].ref.mul(0.1)),
      v.mul(0.999).add(slopes[i].ref.mul(slopes[i]).mul(0.001)),
    ]);
    parameters = parameters.map((p, i) => {
      const [m, v] = moments[i];
      return p.sub(m.ref.mul(1e-3 * correction).div(sqrt(v.ref).add(1e-7)));
    });
    for (const p of parameters) await p.ref.data();
    return (await value.data())[0];
  };
  return {
    run: () => task.training ? train() : predict(x.ref, ...parameters.map((p) => p.ref)).data(),
    result: (ran) => task.training ? ran as number : channelsLast(ran as Float32Array, output),
    note: `${titleOf("@jax-js/jax")}, wasm`,
  };
};
