/** Cases of the layer that draws from normal distributions. */

import { random, sampling, type SamplingOptions } from "../../mod.ts";
import { TRAINING } from "../harness/run_layer.ts";
import { array64 } from "../reference/array.ts";
import { type Given, type LayerTable, layerTable, type Row } from "./layer_table.ts";

/** y = μ + e^(l/2)·ε, its gradients, and those of the divergence ½Σ(μ² + eˡ − 1 − l) / batch. */
function expected(
  { inputs: [mean, logVariance], dy, options: { klWeight = 0 } }: Given<SamplingOptions>,
) {
  const numbers = random(TRAINING.seed, "sampling_1"), scale = klWeight / dy.shape[0];
  const [y, dx, dx1] = [array64(dy.shape), array64(dy.shape), array64(dy.shape)];
  dy.data.forEach((d, i) => {
    const mu = mean.data[i], l = logVariance.data[i];
    const noise = Math.exp(l / 2) * numbers.normal(TRAINING.step, i);
    y.data[i] = mu + noise;
    dx.data[i] = d + scale * mu;
    dx1.data[i] = d * noise / 2 + scale * (Math.exp(l) - 1) / 2;
  });
  return { y, dx, dx1 };
}

const table = (rows: readonly Row<SamplingOptions>[], step?: number): LayerTable =>
  layerTable<SamplingOptions>({
    kind: "sampling",
    make: sampling,
    rows,
    step,
    expected,
    inference: ({ inputs: [mean] }) => mean,
    refused: [-1, NaN, Infinity, "all"].map((klWeight) => ({
      why: `a weight of ${klWeight}`,
      inputShape: [1, 3],
      options: { klWeight },
      message: /klWeight/,
    })),
  });

const alone = table([
  ["one of everything", [[1, 1], [1, 1]], {}],
  ["odd", [[5, 7], [5, 7]], {}],
  ["maps", [[2, 3, 4, 5], [2, 3, 4, 5]], {}],
  ["more than a chunk", [[3, 99, 60], [3, 99, 60]], {}],
], 2e-3);

// No gradient check: what the divergence passes back is not a gradient of y.
const weighted = table([
  ["one of everything, with the divergence", [[1, 1], [1, 1]], { klWeight: 1 }],
  ["odd, with the divergence", [[5, 7], [5, 7]], { klWeight: 0.3 }],
  ["whole vectors, with the divergence", [[2, 32], [2, 32]], { klWeight: 4 }],
]);

/** The table of tests/layers_test.ts. */
export const layer: LayerTable = {
  ...alone,
  subjects: () => [...alone.subjects(), ...weighted.subjects()],
};
