/** Random small networks with everything that a way back can meet, for properties of explanations. */

import fc from "fast-check";
import {
  type Activation,
  activation,
  add,
  averagePool2d,
  batchNormalization,
  concatenate,
  conv2d,
  conv2dTranspose,
  dense,
  depthToSpace,
  globalAveragePool2d,
  input,
  layerNormalization,
  maxPool2d,
  maxUnpool2d,
  type Model,
  model,
  multiply,
  prelu,
  switchesOf,
  type Symbolic,
  type Target,
  upsampling2d,
} from "../../mod.ts";
import { normalSource, uniformSource } from "./random_array.ts";

/** What a random network is made of. */
export interface RandomNet {
  readonly seed: number;
  readonly channels: number;
  readonly curve: Activation;
  /** What goes down to half the size. */
  readonly down: "stride" | "max" | "average" | "overlapping";
  /** What stands between convolutions. */
  readonly norm: "none" | "batch" | "layer";
  readonly skip: "none" | "add" | "concatenate" | "multiply";
  /** What goes up again; a classifier does not. */
  readonly up: "transposed" | "unpool" | "shuffle" | "bilinear" | "none";
}

/** Any of them. */
export const randomNets: fc.Arbitrary<RandomNet> = fc.record({
  seed: fc.nat(10000),
  channels: fc.integer({ min: 1, max: 5 }),
  curve: fc.constantFrom<Activation>("relu", "leaky_relu", "tanh", "gelu", "silu", "elu"),
  down: fc.constantFrom("stride", "max", "average", "overlapping"),
  norm: fc.constantFrom("none", "batch", "layer"),
  skip: fc.constantFrom("none", "add", "concatenate", "multiply"),
  up: fc.constantFrom("transposed", "unpool", "shuffle", "bilinear", "none"),
});

/**
 * A network for pictures of 6x6 in two channels.
 *
 * @param options `bias`: whether its first layers have one, default true.
 */
export function buildRandomNet(spec: RandomNet, { bias: useBias = true } = {}): Model {
  const { channels, curve, norm, skip } = spec;
  const common = { filters: channels, kernelSize: 3, padding: "same" } as const;
  const normalized = (y: Symbolic) =>
    norm === "none" ? y : (norm === "batch" ? batchNormalization() : layerNormalization()).apply(y);
  const x = input({ shape: [6, 6, 2] });
  const wide = conv2d({ ...common, useBias, activation: curve }).apply(x);
  let pooled: Symbolic | null = null;
  let y = wide;
  if (spec.up === "unpool" || spec.down === "max") y = pooled = maxPool2d().apply(y);
  else if (spec.down === "average") y = averagePool2d().apply(y);
  else if (spec.down === "overlapping") {
    y = maxPool2d({ poolSize: 3, strides: 2, padding: "same" }).apply(y);
  } else y = conv2d({ ...common, strides: 2, useBias }).apply(y);
  const before = y;
  y = activation(curve).apply(normalized(conv2d({ ...common }).apply(y)));
  if (skip === "add") y = add().apply([y, before]);
  if (skip === "concatenate") y = concatenate().apply([before, y]);
  if (skip === "multiply") y = multiply().apply([y, before]);
  y = prelu({ sharedAxes: [1, 2], alphaInitializer: { kind: "constant", value: 0.3 } }).apply(y);
  y = conv2d({ ...common, filters: spec.up === "shuffle" ? 4 * channels : channels }).apply(y);
  if (spec.up === "transposed") {
    y = conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same" }).apply(y);
  }
  if (spec.up === "unpool") {
    y = maxUnpool2d({ outputSize: [6, 6] }).apply([y, switchesOf(pooled!)]);
  }
  if (spec.up === "shuffle") y = depthToSpace({ blockSize: 2 }).apply(y);
  if (spec.up === "bilinear") y = upsampling2d({ size: 2, interpolation: "bilinear" }).apply(y);
  y = spec.up === "none"
    ? dense({ units: 3, activation: "softmax" }).apply(globalAveragePool2d().apply(y))
    : conv2d({ ...common, filters: 2, activation: "sigmoid" }).apply(y);
  const net = model({ inputs: x, outputs: y }, { seed: spec.seed });
  const normal = normalSource(spec.seed + 1), uniform = uniformSource(spec.seed + 2);
  for (const { name, value } of net.parameters) {
    const { view } = value;
    // Statistics and gammas above 0, so that nothing is divided by next to nothing.
    if (/variance$|gamma$/.test(name)) view.forEach((_, i) => view[i] = 0.5 + uniform());
    else if (/bias$|beta$|mean$/.test(name)) view.forEach((_, i) => view[i] = 0.3 * normal());
  }
  return net;
}

/** A target for each of them. */
export const targetOf = ({ up }: RandomNet): Target =>
  up === "none"
    ? { kind: "class", index: 1 }
    : { kind: "pixels", region: { top: 2, left: 1, height: 2, width: 3 }, channel: 0 };
