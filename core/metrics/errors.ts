import { DeconvError } from "../errors.ts";
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

/** 10·log₁₀(range² / mse) in dB for each picture, averaged over the pictures; infinite for a perfect one. */
export const psnr: MetricKind = {
  kind: "psnr",
  defaults: { dataRange: 1 },
  check: ({ name, dataRange }) => {
    if (Number(dataRange) > 0) return;
    throw new DeconvError(`dataRange of ${name} must be a number above 0; it is ${dataRange}`);
  },
  start: (config, subject) => {
    expectValues(config, subject);
    const peak = Number(config.dataRange) ** 2;
    let sum = 0, count = 0;
    return {
      add: (output, target, [pictures]) => {
        const values = output.view, wanted = target.view, size = values.length / pictures;
        for (let from = 0; from < values.length; from += size) {
          let squares = 0;
          for (let i = from; i < from + size; i++) squares += (values[i] - wanted[i]) ** 2;
          sum += 10 * Math.log10(peak * size / squares);
        }
        count += pictures;
      },
      value: () => sum / count,
    };
  },
};
