import { expectRank } from "../layer.ts";
import type { Lowering, Value } from "../operation.ts";
import { poolAxes, poolWindows, type WindowConfig } from "../pooling.ts";
import { type Cells, windowReach } from "../reach.ts";
import type { Shape } from "../tensor.ts";
import type { Axes } from "../windows.ts";
import { WindowPasses } from "../wasm/windows.ts";

const batchAndChannels = ({ shape }: Value) => [shape[0], shape[shape.length - 1]] as const;

/**
 * The shape of what is pooled from pictures.
 *
 * @throws {DeconvError} When it is no shape of pictures, or no window fits in.
 */
export function pooledShape(config: WindowConfig, [shape]: readonly Shape[]): Shape {
  expectRank(shape, 3, "[height, width, channels]");
  const [rows, columns] = poolWindows([shape[0], shape[1]], config);
  return [rows.out, columns.out, shape[2]];
}

/** What is pooled from pictures is made of. */
export function pooledReach(
  config: WindowConfig,
  [[height, width]]: readonly Shape[],
  cells: Cells,
): Cells[] {
  return [windowReach(poolAxes([height, width], config), cells)];
}

/** Adds to a plan that each output pixel is the weighted sum of its window. */
export function lowerSums(
  lowering: Lowering,
  axes: Axes,
  from: Value = lowering.inputs[0],
  to: Value = lowering.output,
): void {
  const passes = new WindowPasses(...batchAndChannels(from), axes);
  lowering.add({
    forward: () => passes.sums(from.data, to.data),
    backward: () => {
      if (from.gradient) passes.sumsGradient(to.gradient!, from.gradient, from.gated);
    },
  });
}

/** Adds to a plan that each output pixel is the largest value of its window. */
export function lowerMaxima(lowering: Lowering, axes: Axes): void {
  const { inputs: [from], output: to, inference } = lowering;
  const passes = new WindowPasses(...batchAndChannels(from), axes);
  const switches = from.gradient && !inference ? lowering.saved(to.data.length) : null;
  lowering.add({
    forward: () => passes.maxima(from.data, to.data, switches),
    backward: () => {
      if (switches) passes.maximaGradient(to.gradient!, switches, from.gradient!, from.gated);
    },
  });
}
