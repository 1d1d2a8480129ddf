import { expectValues, type MetricKind } from "./metric.ts";

/** A mean of some error over all elements. */
function elementwise(kind: string, of: (d: number) => number): MetricKind {
  return {
    kind,
    defaults: {},
    start: (config, subject) => {
      expectValues(config, subject);
      let sum = 0, count = 0;
      return {
        add: (output, target) => {
          const values = output.view, wanted = target.view;
          for (let i = 0; i < values.length; i++) sum += of(values[i] - wanted[i]);
          count += values.length;
        },
        value: () => sum / count,
      };
    },
  };
}

/** (y−t)². */
export const mse: MetricKind = elementwise("mse", (d) => d * d);

/** |y−t|. */
export const mae: MetricKind = elementwise("mae", Math.abs);
