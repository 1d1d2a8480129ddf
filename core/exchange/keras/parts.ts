/**
 * What a layer of ours is where it has no counterpart of its own: several layers of ours, one behind the
 * other, that have.
 */
import { fourSides } from "../../geometry.ts";
import type { ActivationConfig } from "../../layers/activation.ts";
import { poolWindows, type WindowConfig } from "../../pooling.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import { isNamed, type KerasTarget } from "./target.ts";

/** A layer of ours, or what stands for a part of it. */
export interface Part {
  /** Its name. */
  readonly name: string;
  /** Its kind. */
  readonly kind: string;
  /** Its options. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The shape of its first input, without the batch. */
  readonly input: Shape;
  /** The shape of its output, without the batch. */
  readonly output: Shape;
  /** Its weights, by the names of its kind. */
  readonly weights: readonly (readonly [string, Tensor])[];
  /** Whether no value that goes in can be negative. */
  readonly positive?: boolean;
}

/** What a part may be taken apart by. */
type Split = (part: Part, target: KerasTarget) => Part[] | null;

/**
 * Takes a layer apart as far as a program needs it. The part with the weights has the layer's name; others
 * have it with a word behind.
 */
export function partsOf(part: Part, target: KerasTarget): Part[] {
  for (const split of SPLITS) {
    const parts = split(part, target);
    if (parts) return parts.flatMap((each) => partsOf(each, target));
  }
  return [part];
}

const LINEAR: ActivationConfig = { kind: "linear", alpha: 0 };
const PADDED = ["conv2d", "depthwise_conv2d", "separable_conv2d"];

/** Kinds of signals, and those of pictures of one row that do the same. */
const PLANAR: Readonly<Record<string, string>> = {
  conv1d: "conv2d",
  conv1d_transpose: "conv2d_transpose",
  depthwise_conv1d: "depthwise_conv2d",
  separable_conv1d: "separable_conv2d",
  upsampling1d: "upsampling2d",
  max_pool1d: "max_pool2d",
  average_pool1d: "average_pool2d",
};

/** Classes of the kinds of signals that a program may lack. */
const LACKED: Readonly<Record<string, string>> = {
  conv1d_transpose: "Conv1DTranspose",
  depthwise_conv1d: "DepthwiseConv1D",
  separable_conv1d: "SeparableConv1D",
  upsampling1d: "UpSampling1D",
};

function auxiliary(part: Part, word: string, kind: string, config: Part["config"]): Part {
  return { ...part, name: `${part.name}_${word}`, kind, config, weights: [] };
}

function reshape(part: Part, word: string, input: Shape, output: Shape): Part {
  return { ...auxiliary(part, word, "reshape", { targetShape: output }), input, output };
}

/** An activation that is no option of another layer becomes a layer. */
const activated: Split = (part, target) => {
  const active = part.config.activation as ActivationConfig | undefined;
  if (!active || isNamed(target, active)) return null;
  const { output: input } = part;
  return [
    { ...part, config: { ...part.config, activation: LINEAR } },
    { ...auxiliary(part, "activation", "activation", { ...active }), input },
  ];
};

/** A convolution of an enlarged picture: both. */
const resized: Split = (part) => {
  if (part.kind !== "resize_conv2d") return null;
  const { size, interpolation, ...config } = part.config, [rows, columns] = size as number[];
  const [height, width, channels] = part.input, large = [height * rows, width * columns, channels];
  const enlarged = auxiliary(part, "upsampling", "upsampling2d", { size, interpolation });
  return [{ ...enlarged, output: large }, { ...part, kind: "conv2d", config, input: large }];
};

/** Pictures that become whole times as large, where a program has layers for no others. */
const enlarged: Split = ({ kind, config, input, output, ...rest }, target) => {
  const size = [output[0] / input[0], output[1] / input[1]], { interpolation } = config;
  const fits = kind === "resizing" && target.lacks.includes("Resizing") &&
    size.every(Number.isInteger) &&
    (interpolation === "nearest" || config.coordinates === "asymmetric");
  if (!fits) return null;
  const { coordinates } = config;
  return [{
    ...rest,
    kind: "upsampling2d",
    config: { size, interpolation, coordinates },
    input,
    output,
  }];
};

/** Signals where a program has no such layer, or not their padding: pictures of one row. */
const planar: Split = (part, target) => {
  const { kind, config, input, output, weights } = part, { padding } = config;
  const lacked = LACKED[kind] && target.lacks.includes(LACKED[kind]);
  const counted = padding !== undefined && padding !== "same" && padding !== "valid";
  const unknown = counted && (padding !== "causal" || target.refuses("padding", padding, part)) ||
    kind === "upsampling1d" && config.interpolation !== "nearest";
  if (!PLANAR[kind] || !lacked && !unknown) return null;
  // A norm over some axes of a kernel would be over others.
  if (Object.values(config).some((value) => (value as { axis?: unknown } | null)?.axis)) {
    return null;
  }
  const row = ([length, channels]: Shape) => [1, length, channels];
  const wide: Record<string, unknown> = { ...config };
  for (const field of ["kernelSize", "poolSize", "strides", "dilationRate", "size"]) {
    if (field in config) wide[field] = [1, config[field]];
  }
  if (config.outputPadding !== undefined) wide.outputPadding = [0, config.outputPadding];
  if (counted) {
    const reach = ((config.kernelSize as number) - 1) * (config.dilationRate as number);
    const [left, right] = padding === "causal" ? [reach, 0] : [padding, padding].flat(2).slice(-2);
    wide.padding = [0, left, 0, right];
  }
  return [
    reshape(part, "row", input, row(input)),
    {
      ...part,
      kind: PLANAR[kind],
      config: wide,
      input: row(input),
      output: row(output),
      weights: weights.map(([name, { shape, data }]) =>
        [name, { shape: shape.length > 1 ? [1, ...shape] : shape, data }] as const
      ),
    },
    reshape(part, "signal", row(output), output),
  ];
};

/** A norm of each channel by itself: groups of one channel, of which Keras 3 says -1. */
const alone: Split = (part) =>
  part.kind === "instance_normalization"
    ? [{ ...part, kind: "group_normalization", config: { ...part.config, groups: -1 } }]
    : null;

/** Padding in counts before a convolution is a layer. */
const padded: Split = (part) => {
  const pads = fourSides(part.config.padding);
  if (!pads || !PADDED.includes(part.kind)) return null;
  const [top, left, bottom, right] = pads, [height, width, channels] = part.input;
  const large = [height + top + bottom, width + left + right, channels];
  return [
    { ...auxiliary(part, "padding", "zero_padding2d", { padding: pads }), output: large },
    { ...part, config: { ...part.config, padding: "valid" }, input: large },
  ];
};

/**
 * Padding in counts before a pool: a word where it is what the word says. Zeros in its place are never the
 * largest where nothing is negative, and are what an average counts that counts them.
 */
const padOfPool: Split = (part) => {
  const { kind, config, input: [height, width, channels] } = part, { countIncludePad } = config;
  const pads = fourSides(config.padding);
  if (!pads || kind !== "max_pool2d" && kind !== "average_pool2d") return null;
  const windows = (padding: WindowConfig["padding"]) =>
    JSON.stringify(poolWindows([height, width], { ...config as WindowConfig, padding }));
  const word = (["valid", "same"] as const).find((word) => windows(word) === windows(pads));
  const none = pads.every((pad) => pad === 0);
  if (word && (none || !countIncludePad)) {
    return [{ ...part, config: { ...config, padding: word, countIncludePad: undefined } }];
  }
  if (kind === "max_pool2d" ? !part.positive : !countIncludePad) return null;
  const [top, left, bottom, right] = pads;
  const large = [height + top + bottom, width + left + right, channels];
  return [
    { ...auxiliary(part, "padding", "zero_padding2d", { padding: pads }), output: large },
    {
      ...part,
      config: { ...config, padding: "valid", countIncludePad: undefined },
      input: large,
    },
  ];
};

/** What a transposed convolution leaves away in counts is cropped by a layer; an output padding is kept. */
const cropped: Split = (part) => {
  const pads = fourSides(part.config.padding);
  if (!pads || part.kind !== "conv2d_transpose") return null;
  const [top, left, down, across] = pads, [height, width, channels] = part.output;
  const [below, beside] = (part.config.outputPadding ?? [0, 0]) as number[];
  const [bottom, right] = [down - below, across - beside];
  if (bottom < 0 || right < 0) return null;
  const large = [height + top + bottom, width + left + right, channels];
  const config = { ...part.config, padding: "valid", outputPadding: undefined };
  const cropping = [top, left, bottom, right];
  return [
    { ...part, config, output: large },
    { ...auxiliary(part, "cropping", "cropping2d", { cropping }), input: large },
  ];
};

/** Blocks of channels become blocks of pixels, and back, by axes that change places. */
const blocks: Split = (part) => {
  const { kind, config: { blockSize, order }, input, output } = part;
  if (kind !== "depth_to_space" && kind !== "space_to_depth") return null;
  const b = blockSize as number, deep = kind === "depth_to_space";
  const [height, width] = deep ? input : output, channels = deep ? output[2] : input[2];
  // One pixel's channels, pixel by pixel or channel by channel.
  const pixels = [height * width, b * b, channels], planes = [height * width, channels, b * b];
  const narrow = [height, width, b, b * channels], wide = [height, b, width, b * channels];
  const turn = (word: string, from: Shape, to: Shape, dims: readonly number[]): Part => ({
    ...auxiliary(part, word, "permute", { dims }),
    input: from,
    output: to,
  });
  const places = turn("places", narrow, wide, [1, 3, 2, 4]);
  if (deep) {
    return [
      ...order === "CRD"
        ? [
          reshape(part, "planes", input, planes),
          turn("pixels", planes, pixels, [1, 3, 2]),
          reshape(part, "blocks", pixels, narrow),
        ]
        : [reshape(part, "blocks", input, narrow)],
      places,
      { ...reshape(part, "", wide, output), name: part.name },
    ];
  }
  const back = turn("places", wide, narrow, [1, 3, 2, 4]);
  return [
    reshape(part, "blocks", input, wide),
    back,
    ...order === "CRD"
      ? [
        reshape(part, "pixels", narrow, pixels),
        turn("planes", pixels, planes, [1, 3, 2]),
        { ...reshape(part, "", planes, output), name: part.name },
      ]
      : [{ ...reshape(part, "", narrow, output), name: part.name }],
  ];
};

const SPLITS: readonly Split[] = [
  activated,
  alone,
  resized,
  enlarged,
  planar,
  padded,
  padOfPool,
  cropped,
  blocks,
];
