import { DeconvError } from "../errors.ts";
import { type Shape, shapeText } from "../tensor.ts";
import { runtime } from "../wasm/runtime.ts";
import { expectAbove, type LossCall, type LossConfig, type LossKind, numberOf } from "./loss.ts";

/** Fails unless an output holds pictures. */
function expectPictures({ kind }: LossConfig, shape: Shape): void {
  if (shape.length === 3) return;
  throw new DeconvError(
    `${kind} is for pictures of shape [height,width,channels], not ${shapeText(shape)}`,
  );
}

/** 1 − (2Σ t·y + smooth) / (Σ t + Σ y + smooth) of each picture and class. */
export const dice: LossKind = {
  kind: "dice",
  defaults: { smooth: 1, sparse: false },
  check: (config) => expectAbove(config, "smooth", 0),
  targets: ({ sparse }) => sparse ? "labels" : "values",
  numbers: "probabilities",
  compute: (config, { shape, output, target, gradient, weight }) => {
    const [pictures] = shape, width = shape[shape.length - 1], masks = pictures * width;
    runtime().reserve(0, 136 * masks);
    const sizes = [pictures, output.length / masks, width, config.sparse ? 1 : 0];
    const how = [...sizes, numberOf(config, "smooth"), weight / masks];
    const places = [output.address, target.address, gradient?.address ?? 0];
    return runtime().call("loss_dice", ...how, ...places) / masks;
  },
};

/** Σ |differences| of neighbouring pixels of the output. */
export const totalVariation: LossKind = {
  kind: "total_variation",
  defaults: {},
  fit: expectPictures,
  targets: () => "unread",
  compute: (_, { shape, output, gradient, weight }) => {
    const [pictures, height, width, channels] = shape;
    runtime().reserve(0, 8 * Math.ceil(pictures * height / 16) + 8);
    const how = [pictures, height, width * channels, channels, weight / pictures];
    const places = [output.address, gradient?.address ?? 0];
    return runtime().call("loss_total_variation", ...how, ...places) / pictures;
  },
};

/** The next multiple of 64. */
const padded = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** Makes sure of the memory that assembly/loss_ssim.ts asks for. */
function reserveSsim({ shape, gradient }: LossCall, size: number): void {
  const [pictures, height, width, channels] = shape, length = width * channels;
  const margin = (size - 1) * channels, mapRows = pictures * (height - size + 1);
  const mapLine = 16 * Math.ceil((length - margin) / 4);
  const floats = Math.max(5 * (length + 8), 3 * (length + margin + 8));
  const maps = gradient ? 3 * mapRows * mapLine : 0;
  runtime().reserve(4 * floats, padded(8 * Math.ceil(mapRows / 4)) + padded(4 * size) + maps);
}

/** 1 − mean structural similarity. */
export const ssim: LossKind = {
  kind: "ssim",
  defaults: { dataRange: 1, windowSize: 11, sigma: 1.5, k1: 0.01, k2: 0.03 },
  check: (config) => {
    for (const option of ["dataRange", "sigma", "k1", "k2"]) expectAbove(config, option, 0);
    const size = numberOf(config, "windowSize");
    if (Number.isInteger(size) && size > 0 && size % 2) return;
    throw new DeconvError(`windowSize must be an odd number above 0; it is ${size}`);
  },
  fit: (config, shape) => {
    expectPictures(config, shape);
    const size = numberOf(config, "windowSize"), side = Math.min(shape[0], shape[1]);
    if (side >= size) return;
    throw new DeconvError(
      `The window of ssim is ${size}x${size} and the picture ${shape[0]}x${
        shape[1]
      }: give windowSize: ${side - (side + 1) % 2} or less`,
    );
  },
  compute: (config, call) => {
    const { shape: [pictures, height, width, channels], output, target, gradient, weight } = call;
    const size = numberOf(config, "windowSize"), range = numberOf(config, "dataRange");
    reserveSsim(call, size);
    const windows = pictures * channels * (height - size + 1) * (width - size + 1);
    const sizes = [pictures, height, width * channels, channels, size];
    const steady = ["k1", "k2"].map((k) => (numberOf(config, k) * range) ** 2);
    const how = [...sizes, numberOf(config, "sigma"), ...steady, -weight / windows];
    const places = [output.address, target.address, gradient?.address ?? 0];
    return 1 - runtime().call("loss_ssim", ...how, ...places) / windows;
  },
};
