import { DeconvError } from "../errors.ts";
import { ssim as similarity } from "../losses/pictures.ts";
import { expectValues, type MetricKind } from "./metric.ts";

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

/** Mean structural similarity of the pictures, as in the loss. */
export const ssim: MetricKind = {
  kind: "ssim",
  defaults: similarity.defaults,
  check: (config) => similarity.check!(config),
  start: (config, subject) => {
    expectValues(config, subject);
    similarity.fit!(config, subject.shape);
    let sum = 0, count = 0;
    return {
      add: (output, target, shape) => {
        const call = { shape, output, target, gradient: null, fused: false, weight: 1 };
        sum += shape[0] * (1 - similarity.compute(config, call));
        count += shape[0];
      },
      value: () => sum / count,
    };
  },
};
