import type { LayerDescription } from "./description.ts";
import { biasOf } from "./layout.ts";
import { load } from "./packages.ts";
import type { PeerRunner, PeerTask } from "./peer.ts";

/** A tensor of tfjs. */
export interface TfTensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** As much of tfjs as is used here. */
export interface Tf {
  setBackend(name: string): Promise<boolean>;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  scalar(value: number): TfTensor;
  variable(value: TfTensor): TfTensor;
  tidy<T>(run: () => T): T;
  add(a: TfTensor, b: TfTensor): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  log(x: TfTensor): TfTensor;
  mean(x: TfTensor): TfTensor;
  neg(x: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  sigmoid(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  clipByValue(x: TfTensor, low: number, high: number): TfTensor;
  conv2d(x: TfTensor, w: TfTensor, strides: readonly number[], pad: string): TfTensor;
  conv2dTranspose(
    x: TfTensor,
    w: TfTensor,
    output: readonly number[],
    strides: readonly number[],
    pad: string,
  ): TfTensor;
  readonly train: {
    adam(rate: number): { minimize(loss: () => TfTensor, returnCost: true): TfTensor };
  };
}

/** Probabilities are kept so far from 0 and 1. */
const EPSILON = 1e-7;

/** The parameters as variables, one pair a layer. */
function variables(tf: Tf, { network, weights }: PeerTask): [TfTensor, TfTensor][] {
  return network.layers.map((layer) => {
    const size = layer.kernel.reduce((a, b) => a * b);
    const kernel = weights.slice(layer.kernelAt, layer.kernelAt + size);
    const bias = biasOf(weights, layer);
    return [
      tf.variable(tf.tensor(kernel, layer.kernel)),
      tf.variable(tf.tensor(bias, [bias.length])),
    ];
  });
}

/** One layer. Its pads are those of "same" or none, which the check of the results confirms. */
function apply(tf: Tf, layer: LayerDescription, batch: number, x: TfTensor, w: TfTensor): TfTensor {
  const pad = layer.pads.every((p) => p === 0) ? "valid" : "same";
  return layer.op === "conv2d"
    ? tf.conv2d(x, w, layer.strides, pad)
    : tf.conv2dTranspose(x, w, [batch, ...layer.output], layer.strides, pad);
}

/** Runs a task in tfjs with a backend: its own `cpu`, or one that a package has registered. */
export async function tfRunner(task: PeerTask, backend: string, note: string): Promise<PeerRunner> {
  const tf = await load<Tf>("@tensorflow/tfjs");
  if (!await tf.setBackend(backend)) throw new Error(`the backend ${backend} does not start`);
  const { network: { layers, input }, batch } = task;
  const parameters = variables(tf, task), x = tf.tensor(task.input, [batch, ...input]);
  const forward = () =>
    layers.reduce((from, layer, i) => {
      const [kernel, bias] = parameters[i];
      const sum = tf.add(apply(tf, layer, batch, from, kernel), bias);
      return layer.activation === "linear" ? sum : tf[layer.activation as "relu"](sum);
    }, x);
  const one = tf.scalar(1), adam = tf.train.adam(1e-3);
  const loss = () => {
    const p = tf.clipByValue(forward(), EPSILON, 1 - EPSILON);
    const hit = tf.mul(x, tf.log(p)), miss = tf.mul(tf.sub(one, x), tf.log(tf.sub(one, p)));
    return tf.neg(tf.mean(tf.add(hit, miss)));
  };
  return {
    run: async () => {
      const result = task.training ? adam.minimize(loss, true) : tf.tidy(forward);
      const data = await result.data();
      result.dispose();
      return data;
    },
    result: (ran) => task.training ? (ran as Float32Array)[0] : ran as Float32Array,
    note,
  };
}
