/** Cases of spectral normalisation: around dense layers and convolutions, before and after u has settled. */

import {
  activation,
  conv2d,
  conv2dTranspose,
  dense,
  type Layer,
  spectralNormalization,
} from "../../mod.ts";
import type { NumberArray } from "../reference/array.ts";
import * as conv from "../reference/conv2d.ts";
import * as transpose from "../reference/conv2d_transpose.ts";
import * as reference from "../reference/dense.ts";
import { quotient, quotientGradient, spectrum } from "../reference/spectral_normalization.ts";
import { type Given, type LayerTable, layerTable, type Row } from "./layer_table.ts";

type Wrapped = "dense" | "conv2d" | "conv2d_transpose";

interface Options {
  readonly layer: Wrapped;
  /** Units or filters. */
  readonly out: number;
  readonly kernelSize?: number;
  readonly useBias?: boolean;
  /** Default 1. */
  readonly powerIterations?: number;
}

const ONCE = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 } as const;
const BACK = { ...ONCE, outputPadding: [0, 0] } as const;

/** y and gradients of each layer, for the kernel it really uses. */
const references = {
  dense: {
    make: ({ out: units, useBias }: Options) => dense({ units, useBias }),
    y: (x: NumberArray, w: NumberArray, b: NumberArray | null) => reference.dense(x, w, b),
    dx: (dy: NumberArray, w: NumberArray) => reference.denseInputGradient(dy, w),
    dw: (x: NumberArray, dy: NumberArray) => reference.denseKernelGradient(x, dy),
  },
  conv2d: {
    make: ({ out: filters, kernelSize = 1, useBias }: Options) =>
      conv2d({ filters, kernelSize, useBias }),
    y: (x: NumberArray, w: NumberArray, b: NumberArray | null) => conv.conv2d(x, w, b, ONCE),
    dx: (dy: NumberArray, w: NumberArray, x: NumberArray) =>
      conv.conv2dInputGradient(dy, w, x.shape, ONCE),
    dw: (x: NumberArray, dy: NumberArray, w: NumberArray) =>
      conv.conv2dKernelGradient(x, dy, w.shape, ONCE),
  },
  conv2d_transpose: {
    make: ({ out: filters, kernelSize = 1, useBias }: Options) =>
      conv2dTranspose({ filters, kernelSize, useBias }),
    y: (x: NumberArray, w: NumberArray, b: NumberArray | null) =>
      transpose.conv2dTranspose(x, w, b, BACK),
    dx: (dy: NumberArray, w: NumberArray, x: NumberArray) =>
      transpose.conv2dTransposeInputGradient(dy, w, x.shape, BACK),
    dw: (x: NumberArray, dy: NumberArray, w: NumberArray) =>
      transpose.conv2dTransposeKernelGradient(x, dy, w.shape, BACK),
  },
};

const rows: Row<Options>[] = [
  ["one number", [[2, 1]], { layer: "dense", out: 1 }],
  ["one unit", [[3, 5]], { layer: "dense", out: 1 }],
  ["odd", [[3, 7]], { layer: "dense", out: 5 }],
  ["one more than tiles", [[2, 33]], { layer: "dense", out: 17 }],
  ["three iterations", [[3, 7]], { layer: "dense", out: 5, powerIterations: 3 }],
  ["no bias", [[3, 4]], { layer: "dense", out: 6, useBias: false }],
  ["pictures", [[2, 5, 6, 3]], { layer: "conv2d", out: 5, kernelSize: 3 }],
  ["pictures, many channels", [[1, 4, 4, 20]], { layer: "conv2d", out: 24, kernelSize: 3 }],
  ["up again", [[2, 3, 4, 5]], { layer: "conv2d_transpose", out: 3, kernelSize: 3 }],
];

/** Where u is the singular vector, what holding it constant leaves out is 0: the gradient check holds. */
const settled: Row<Options>[] = [
  ["settled", [[3, 7]], { layer: "dense", out: 5, powerIterations: 400 }],
  ["settled pictures", [[2, 5, 4, 3]], {
    layer: "conv2d",
    out: 5,
    kernelSize: 2,
    powerIterations: 400,
  }],
];

const biasGradient = (dy: NumberArray) => ({
  shape: dy.shape.slice(-1),
  data: Array.from({ length: dy.shape.at(-1)! }, (_, c) => {
    let sum = 0;
    for (let i = c; i < dy.data.length; i += dy.shape.at(-1)!) sum += dy.data[i];
    return sum;
  }),
});

function expected({ x, dy, parameters, options }: Given<Options>): Record<string, NumberArray> {
  const { kernel, bias, vector_u } = parameters, how = references[options.layer];
  const of = spectrum(kernel, vector_u.data, options.powerIterations ?? 1);
  const w = quotient(kernel, of);
  return {
    y: how.y(x, w, bias ?? null),
    dx: how.dx(dy, w, x),
    dkernel: quotientGradient(kernel, how.dw(x, dy, w), of),
    ...bias ? { dbias: biasGradient(dy) } : {},
    vector_u: { shape: vector_u.shape, data: of.u },
  };
}

function make(options: Options | { layer: Layer; powerIterations?: number }): Layer {
  const { layer, powerIterations } = options;
  const inner = typeof layer === "string" ? references[layer].make(options as Options) : layer;
  return spectralNormalization(inner, { powerIterations });
}

const refused = [
  {
    why: "a layer without parameters",
    inputShape: [2, 5],
    options: { layer: activation("relu") },
    message: /activation has no kernel/,
  },
  {
    why: "itself",
    inputShape: [2, 5],
    options: { layer: spectralNormalization(dense({ units: 3 })) },
    message: /normalised already/,
  },
  {
    why: "a tied layer",
    inputShape: [2, 5],
    options: { layer: dense({ units: 3, tiedTo: "other" }) },
    message: /tied to another/,
  },
  ...[0, 1.5, -1].map((powerIterations) => ({
    why: `${powerIterations} iterations`,
    inputShape: [2, 5],
    options: { layer: dense({ units: 3 }), powerIterations },
    message: /powerIterations/,
  })),
];

const table = (rows: readonly Row<Options>[], step?: number) =>
  layerTable<Options>({
    kind: "spectral_normalization",
    make,
    rows,
    refused,
    expected,
    inference: ({ x, parameters: { kernel, bias, vector_u }, options }) => {
      const of = spectrum(kernel, vector_u.data, 0);
      return references[options.layer].y(x, quotient(kernel, of), bias ?? null);
    },
    terms: ({ x, parameters: { kernel } }) => {
      const n = kernel.data.length, places = x.data.length / x.shape.at(-1)!;
      return { y: n, dx: n, dkernel: n + places, dbias: places, vector_u: n };
    },
    step,
  });

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = {
  ...table(rows),
  subjects: () => [...table(rows).subjects(), ...table(settled, 3e-3).subjects()],
};
