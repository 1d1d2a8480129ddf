/** Random small convolutions, all of them legal, for fast-check: it shrinks what fails. */

import fc from "fast-check";
import { type ConvOptions, describeConv, type LayerCase, type Pair } from "../cases/descriptor.ts";
import type { Conv2dTransposeOptions } from "../cases/conv2d_transpose.ts";
import { resolveConv2d, resolveConv2dTranspose } from "../reference/padding.ts";

const whole = (min: number, max: number) => fc.integer({ min, max });
const both = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(whole(min, max), whole(min, max));

/** Whether the options give an output of at least one pixel and a kernel that fits. */
function isLegal(c: LayerCase<ConvOptions>, transposed: boolean): boolean {
  const resolve = transposed ? resolveConv2dTranspose : resolveConv2d;
  return resolve(c.inputShape, c.options).outputShape.every((size) => size > 0);
}

/** Random cases of conv2d, or of conv2d_transpose. */
export function convCaseArbitrary(
  transposed: boolean,
): fc.Arbitrary<LayerCase<Conv2dTransposeOptions>> {
  const pads = fc.tuple(whole(0, 3), whole(0, 3), whole(0, 3), whole(0, 3));
  return fc.record({
    batch: whole(1, 3),
    size: both(1, 9),
    kernelSize: both(1, 4),
    strides: both(1, 3),
    dilationRate: both(1, 3),
    padding: fc.oneof(fc.constant("same" as const), fc.constant("valid" as const), pads),
    groups: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, whole(2, 5)),
    perGroup: fc.tuple(whole(1, 9), whole(1, 18)),
    depthwise: fc.boolean(),
    useBias: fc.boolean(),
    extra: fc.option(both(0, 2), { nil: undefined }),
  }).map(({ batch, size, groups, perGroup, depthwise, extra, ...rest }) => {
    const [from, to] = depthwise && groups > 1 ? [1, 1] : perGroup;
    const inputShape = [batch, ...size, from * groups];
    const outputPadding: Pair | undefined = transposed && extra
      ? [Math.min(extra[0], rest.strides[0] - 1), Math.min(extra[1], rest.strides[1] - 1)]
      : undefined;
    const options = {
      ...rest,
      filters: to * groups,
      groups,
      ...outputPadding ? { outputPadding } : {},
    };
    return { name: describeConv(inputShape, options), why: "random", inputShape, options };
  }).filter((c) => isLegal(c, transposed));
}
