/** Cases of local response normalisation: windows even, odd, wider than the channels; odd channels. */

import { localResponseNormalization, type LocalResponseNormalizationOptions } from "../../mod.ts";
import { localResponseNormalization as reference } from "../reference/local_response_normalization.ts";
import { invalidCases } from "./descriptor.ts";
import { type LayerTable, layerTable, type Row } from "./layer_table.ts";

type Options = LocalResponseNormalizationOptions;

const rows: Row<Options>[] = [
  ["one channel", [[1, 1, 1, 1]], { size: 5, alpha: 1 }],
  ["itself alone", [[5, 3]], { size: 1, alpha: 1 }],
  ["itself and the next", [[2, 5]], { size: 2, alpha: 1 }],
  ["one vector", [[2, 3, 4]], { size: 3, alpha: 2 }],
  ["one more than a vector", [[1, 2, 3, 5]], { size: 3, alpha: 1 }],
  ["one less than two vectors", [[5, 1, 2, 7]], { size: 4, alpha: 4 }],
  ["one more than four vectors", [[1, 3, 3, 17]], { size: 5, alpha: 5 }],
  ["a window wider than the channels", [[2, 2, 2, 6]], { size: 64, alpha: 32 }],
  ["an even window wider than the channels", [[2, 3, 3]], { size: 10, alpha: 3 }],
  ["many rows, in several parts", [[3, 31, 29, 13]], { size: 5, alpha: 1 }],
  ["many channels", [[2, 2, 1, 9001]], { size: 7, alpha: 1 }],
  ["what AlexNet has", [[2, 5, 5, 96]], { size: 5 }],
  ["another exponent and offset", [[2, 3, 3, 6]], { size: 5, alpha: 1, beta: 0.5, bias: 2 }],
  ["an exponent above 1", [[2, 3, 3, 6]], { size: 3, alpha: 1, beta: 2.5, bias: 0.5 }],
  ["no exponent", [[2, 3, 3, 6]], { size: 3, alpha: 1, beta: 0 }],
  ["no factor", [[2, 3, 3, 6]], { size: 3, alpha: 0, bias: 3 }],
];

const invalid = invalidCases([2, 3, 3, 4], [
  ["no size", {}, /size must be a whole number.*undefined/],
  ["no neighbours at all", { size: 0 }, /size.*0/],
  ["half a channel", { size: 2.5 }, /size.*2\.5/],
  ["a factor below 0", { size: 5, alpha: -1 }, /alpha must be a number from 0.*-1/],
  ["an exponent that is a text", { size: 5, beta: "1" }, /beta must.*"1"/],
  ["no offset", { size: 5, bias: 0 }, /bias must be a number above 0.*0/],
]);

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = layerTable<Options>({
  kind: "local_response_normalization",
  make: localResponseNormalization,
  rows,
  refused: invalid,
  expected: ({ x, dy, options: { size, alpha = 1e-4, beta = 0.75, bias = 1 } }) => {
    const channels = x.shape[x.shape.length - 1];
    return { ...reference(x, dy, { channels, size, alpha, beta, bias }) };
  },
  terms: ({ options: { size } }) => ({ y: size, dx: 2 * size }),
  step: 1e-3,
});
