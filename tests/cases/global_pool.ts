/** Cases of pooling over whole pictures and signals. */

import {
  globalAveragePool1d,
  globalAveragePool2d,
  globalMaxPool1d,
  globalMaxPool2d,
} from "../../mod.ts";
import { apart, APART_STEP } from "../harness/pool_settings.ts";
import { array64 } from "../reference/array.ts";
import type { Given, LayerTable, Row } from "./layer_table.ts";
import { layerTable } from "./layer_table.ts";

interface GlobalOptions {
  readonly keepDims?: boolean;
}

const pictures: readonly Row<GlobalOptions>[] = [
  ["every option at its default", [[2, 4, 6, 8]], {}],
  ["one pixel", [[1, 1, 1, 1]], {}],
  ["axes kept, odd", [[5, 3, 5, 7]], { keepDims: true }],
  ["more than a chunk's work each", [[2, 32, 40, 33]], {}],
];
const signals: readonly Row<GlobalOptions>[] = [
  ["every option at its default", [[2, 9, 5]], {}],
  ["one value", [[1, 1, 1]], {}],
  ["axes kept, long", [[5, 1000, 3]], { keepDims: true }],
];

/** Picture n's values of channel c, as places in x. */
const placesOf = (shape: readonly number[], n: number, c: number) => {
  const channels = shape[shape.length - 1];
  const size = shape.slice(1, -1).reduce((product, s) => product * s, 1);
  return Array.from({ length: size }, (_, k) => (n * size + k) * channels + c);
};

/** A reference from what is made of one channel's values: the result, and the slope of each value. */
function expected(reduce: (values: number[]) => { value: number; slopes: number[] }) {
  return ({ x, dy }: Given<GlobalOptions>) => {
    const y = array64(dy.shape), dx = array64(x.shape);
    const channels = x.shape[x.shape.length - 1];
    for (let i = 0; i < dy.data.length; i++) {
      const places = placesOf(x.shape, Math.floor(i / channels), i % channels);
      const { value, slopes } = reduce(places.map((k) => x.data[k]));
      y.data[i] = value;
      places.forEach((k, j) => dx.data[k] = slopes[j] * dy.data[i]);
    }
    return { y, dx };
  };
}

const maximum = expected((values) => {
  const value = Math.max(...values), first = values.indexOf(value);
  return { value, slopes: values.map((_, j) => j === first ? 1 : 0) };
});
const mean = expected((values) => ({
  value: values.reduce((a, b) => a + b, 0) / values.length,
  slopes: values.map(() => 1 / values.length),
}));

const meanTerms = ({ x: { shape } }: Given<GlobalOptions>) => ({
  y: shape.slice(1, -1).reduce((a, b) => a * b, 1),
});

const refused = (inputShape: number[]) => [
  { why: "keepDims 1", inputShape, options: { keepDims: 1 }, message: /keepDims/ },
  { why: "vectors", inputShape: [1, 4], options: {}, message: /dimension/ },
];

/** The tables of tests/layers_test.ts. */
export const layers: readonly LayerTable[] = [
  layerTable({
    kind: "global_max_pool2d",
    make: globalMaxPool2d,
    rows: pictures,
    input: apart,
    step: APART_STEP,
    expected: maximum,
    refused: refused([1, 4, 4, 3]),
  }),
  layerTable({
    kind: "global_average_pool2d",
    make: globalAveragePool2d,
    rows: pictures,
    step: 0.5,
    linear: true,
    expected: mean,
    terms: meanTerms,
    refused: refused([1, 4, 4, 3]),
  }),
  layerTable({
    kind: "global_max_pool1d",
    make: globalMaxPool1d,
    rows: signals,
    input: apart,
    step: APART_STEP,
    expected: maximum,
    refused: refused([1, 4, 3]),
  }),
  layerTable({
    kind: "global_average_pool1d",
    make: globalAveragePool1d,
    rows: signals,
    step: 0.5,
    linear: true,
    expected: mean,
    terms: meanTerms,
    refused: refused([1, 4, 3]),
  }),
];
