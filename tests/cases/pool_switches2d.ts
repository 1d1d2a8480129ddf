/** Cases of the switches of max pooling: its own. */

import { poolSwitches2d } from "../../mod.ts";
import { apart, type PoolOptions, poolSettings } from "../harness/pool_settings.ts";
import { array64 } from "../reference/array.ts";
import * as reference from "../reference/pool2d.ts";
import { layerTable } from "./layer_table.ts";
import { invalidWindows, windowRows } from "./pool2d.ts";

/** The table of tests/layers_test.ts. */
export const layer = layerTable<PoolOptions>({
  kind: "pool_switches2d",
  make: poolSwitches2d,
  rows: windowRows,
  input: apart,
  expected: ({ x, options }) => ({
    y: reference.poolSwitches2d(x, poolSettings(x.shape, options)),
    dx: array64(x.shape),
  }),
  refused: [
    ...invalidWindows,
    {
      why: "more pixels than float32 can number",
      inputShape: [1, 4097, 4096, 1],
      options: {},
      message: /16777216 pixels/,
    },
  ],
});
