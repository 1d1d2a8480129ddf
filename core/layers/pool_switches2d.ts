import { DeconvError } from "../errors.ts";
import {
  createLayer,
  type Layer,
  type LayerKind,
  type LayerOptions,
  type Symbolic,
} from "../layer.ts";
import { poolAxes, type WindowConfig, windowConfig, type WindowOptions } from "../pooling.ts";
import { WindowPasses } from "../wasm/windows.ts";
import { pooledReach, pooledShape } from "./windows.ts";

/** Pixels a plane may have: float32 counts no further without gaps. */
const MOST_PLACES = 2 ** 24;

/** The definition of the switches of max pooling. */
export const poolSwitches2dKind: LayerKind<WindowConfig> = {
  kind: "pool_switches2d",
  relevance: "copy",
  configure: windowConfig,
  outputShape: (config, shapes) => {
    const pooled = pooledShape(config, shapes), [shape] = shapes;
    if (shape[0] * shape[1] > MOST_PLACES) {
      throw new DeconvError(
        `float32 cannot number more than ${MOST_PLACES} pixels; these are ${shape[0] * shape[1]}`,
      );
    }
    return pooled;
  },
  reach: pooledReach,
  lower: (config, { inputs: [from], output, add }) => {
    const [batch, height, width, channels] = from.shape;
    const passes = new WindowPasses(batch, channels, poolAxes([height, width], config));
    add({
      forward: () => passes.switches(from.data, output.data),
      backward: () => from.gradient?.view.fill(0),
    });
  },
};

/**
 * Where `maxPool2d` with the same options finds its maxima: for each of them row · width + column
 * inside its own picture, as PyTorch's `return_indices` has it (the first of equals, by rows).
 *
 * Input `[height, width, channels]` of at most 2²⁴ pixels, output as `maxPool2d`. The switches of
 * Zeiler & Fergus 2014, to be given to `maxUnpool2d`. They have no gradient: backward writes zeros.
 *
 * @throws {DeconvError} When an option is wrong; the message names it.
 *
 * @example
 * ```ts
 * import { poolSwitches2d, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([poolSwitches2d({ inputShape: [2, 4, 1] })]);
 * console.log(net.predict(tensor([1, 2, 3, 4, 5, 6, 9, 8], [1, 2, 4, 1])).data); // 5, 6
 * ```
 */
export function poolSwitches2d(options: WindowOptions & LayerOptions = {}): Layer {
  return createLayer(poolSwitches2dKind, options);
}

/**
 * The switches of a value that `maxPool2d` has made: `poolSwitches2d` with its options on its input.
 *
 * @throws {DeconvError} When another layer made the value.
 *
 * @example
 * ```ts
 * import { conv2d, input, maxPool2d, maxUnpool2d, model, switchesOf } from "@deconv/deconv";
 * const x = input({ shape: [8, 8, 4] });
 * const pooled = maxPool2d().apply(x);
 * const y = conv2d({ filters: 4, kernelSize: 3, padding: "same" }).apply(pooled);
 * const unpooled = maxUnpool2d({ outputSize: [8, 8] }).apply([y, switchesOf(pooled)]);
 * console.log(model({ inputs: x, outputs: unpooled }).outputShape); // [8, 8, 4]
 * ```
 */
export function switchesOf(pooled: Symbolic): Symbolic {
  if (pooled.layer?.kind !== "max_pool2d") {
    throw new DeconvError(
      `Cannot take the switches of what ${
        pooled.layer?.title ?? "no layer"
      } made: give what maxPool2d gave`,
    );
  }
  return createLayer(poolSwitches2dKind, pooled.layer.config).apply(pooled.inputs);
}
