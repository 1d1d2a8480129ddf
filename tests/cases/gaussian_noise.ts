/** Cases of the noise layer. */

import { gaussianNoise, random } from "../../mod.ts";
import { TRAINING } from "../harness/run_layer.ts";
import { layerTable } from "./layer_table.ts";

/** The table of tests/layers_test.ts. */
export const layer = layerTable<{ stddev: number }>({
  kind: "gaussian_noise",
  make: ({ stddev }) => gaussianNoise(stddev),
  rows: [
    ["one of everything", [[1, 1]], { stddev: 1 }],
    ["odd", [[5, 7]], { stddev: 0.1 }],
    ["pictures", [[2, 3, 5, 7]], { stddev: 2 }],
    ["nothing", [[3, 5]], { stddev: 0 }],
    ["more than a chunk", [[3, 61, 60, 3]], { stddev: 0.5 }],
  ],
  step: 0.5,
  expected: ({ x, dy, options: { stddev } }) => {
    const numbers = random(TRAINING.seed, "gaussian_noise_1");
    const data = Float64Array.from(
      x.data,
      (v, i) => v + stddev * numbers.normal(TRAINING.step, i),
    );
    return { y: { shape: x.shape, data }, dx: dy };
  },
  inference: ({ x }) => x,
  refused: [-1, NaN, Infinity, "much", undefined].map((stddev) => ({
    why: `a deviation of ${stddev}`,
    inputShape: [1, 3],
    options: { stddev },
    message: /stddev/,
  })),
});
