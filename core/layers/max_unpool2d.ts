import { DeconvError } from "../errors.ts";
import { type Pair, pair } from "../geometry.ts";
import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import { poolAxes, type WindowConfig, windowConfig, type WindowOptions } from "../pooling.ts";
import { allCells, windowReach } from "../reach.ts";
import { sameShape, type Shape } from "../tensor.ts";
import { turnedRound } from "../windows.ts";
import { unpool, unpoolGradient, type UnpoolSizes } from "../wasm/unpool2d.ts";

/** Options of `maxUnpool2d`: those of the pool that it undoes. */
export interface MaxUnpool2dOptions extends WindowOptions, LayerOptions {
  /** Height and width of the output. Default: what the pool's options suggest. */
  outputSize?: Pair;
}

type UnpoolConfig = WindowConfig & { outputSize?: readonly [number, number] };

/** The size that pooling may have begun with: the smallest without `"same"`, the largest with it. */
function sizeBefore({ poolSize, strides, padding, outputSize }: UnpoolConfig, shape: Shape) {
  if (outputSize) return outputSize;
  return [0, 1].map((axis) => {
    if (padding === "same") return shape[axis] * strides[axis];
    const pads = padding === "valid" ? 0 : padding[axis] + padding[axis + 2];
    return (shape[axis] - 1) * strides[axis] - pads + poolSize[axis];
  });
}

/** The definition of max unpooling. */
export const maxUnpool2dKind: LayerKind<UnpoolConfig> = {
  kind: "max_unpool2d",
  relevance: "copy",
  inputs: [2, 2],
  gates: true,
  configure: (options) => ({
    ...windowConfig(options),
    outputSize: options.outputSize && pair(options.outputSize, "outputSize", 1),
  }),
  outputShape: (config, [values, switches]) => {
    expectRank(values, 3, "[height, width, channels]");
    if (!sameShape(values, switches)) {
      throw new DeconvError("values and switches must have the same shape");
    }
    const [height, width] = sizeBefore(config, values);
    if (height < 1 || width < 1) {
      throw new DeconvError(`padding (${config.padding}) leaves nothing of the output`);
    }
    return [height, width, values[2]];
  },
  reach: (config, [values], cells) => {
    const [rows, columns] = sizeBefore(config, values), { poolSize } = config;
    // A switch says where in its window a value goes; those of another pool may point anywhere.
    const axes = rows < poolSize[0] || columns < poolSize[1]
      ? null
      : poolAxes([rows, columns], config);
    const found = axes?.every(({ spans }, i) => spans.length === values[i])
      ? windowReach([turnedRound(axes[0]), turnedRound(axes[1])], cells)
      : [...allCells(values.slice(0, 2)), cells[2]];
    return [found, found];
  },
  lower: (_config, { inputs: [from, switches], output, add }) => {
    const [batch, height, width, channels] = from.shape, [, rows, columns] = output.shape;
    const sizes: UnpoolSizes = [batch, height * width, rows * columns, channels];
    add({
      forward: () => {
        if (unpool(sizes, from.data, switches.data, output.data)) return;
        throw new DeconvError(
          `Cannot unpool to ${rows}x${columns}: a switch points elsewhere; give maxUnpool2d as outputSize the size of what was pooled`,
        );
      },
      backward: () => {
        const { data } = switches, dy = output.gradient!;
        if (from.gradient) unpoolGradient(sizes, dy, data, from.gradient, from.gated);
        switches.gradient?.view.fill(0);
      },
    });
  },
};

/**
 * Max unpooling: puts every value where its switch points, and zeros elsewhere (Zeiler & Fergus 2014;
 * SegNet, Badrinarayanan et al. 2017).
 *
 * Takes two inputs `[values, switches]` of one shape `[height, width, channels]`; the switches are
 * those of `poolSwitches2d` or `switchesOf`. Output size by default (in−1)·strides − pads + poolSize,
 * with `"same"` in·strides. Switches count along rows of the picture that was pooled, so where its
 * size is not that (pooling drops what its windows do not reach) give it as `outputSize`.
 *
 * Windows that overlap may find the same maximum; values with the same place are added, in order.
 * PyTorch lets the last one win, which depends on its threads and has no gradient that fits. The sum
 * makes unpooling the transpose of reading the places, so that its gradient is to read them, and it
 * is what the gradient of max pooling does.
 *
 * @throws {DeconvError} When an option is wrong; the message names it. When it runs: where a switch
 * points outside the output.
 *
 * @example
 * ```ts
 * import { input, maxPool2d, maxUnpool2d, model, switchesOf, tensor } from "@deconv/deconv";
 * const x = input({ shape: [2, 4, 1] });
 * const pooled = maxPool2d().apply(x);
 * const net = model({ inputs: x, outputs: maxUnpool2d().apply([pooled, switchesOf(pooled)]) });
 * console.log(net.predict(tensor([1, 2, 3, 4, 5, 6, 9, 8], [1, 2, 4, 1])).data);
 * // 0, 0, 0, 0, 0, 6, 9, 0
 * ```
 */
export function maxUnpool2d(options: MaxUnpool2dOptions = {}): Layer {
  return createLayer(maxUnpool2dKind, options);
}
