import { convFlops, type ConvGeometry, convGeometry } from "../../core/geometry.ts";

const ceil16 = (n: number) => Math.ceil(n / 16) * 16;

/** The same kernel over as many output pixels, stride and dilation 1, no padding; as many pictures as bring its flops nearest. */
function plain(g: ConvGeometry, from: number, to: number, groups: number): ConvGeometry {
  const size = [g.output[0] + g.kernel[0] - 1, g.output[1] + g.kernel[1] - 1, from] as const;
  const make = (batch: number) => convGeometry(size, to, { kernelSize: g.kernel, groups }, batch);
  return make(Math.max(1, Math.round(convFlops(g) / convFlops(make(1)))));
}

/**
 * The friendly shape of a geometry's size and kind: as many groups, the channels of each rounded up to
 * multiples of 16; of a depthwise convolution, whose groups have a channel each, their number. What the
 * same amount of such a convolution costs where nothing stands in the way.
 */
export function friendlyGeometry(g: ConvGeometry): ConvGeometry {
  const [from, to] = [g.input[2] / g.groups, g.output[2] / g.groups];
  if (g.groups > 1 && from === 1 && to === 1) {
    const groups = ceil16(g.groups);
    return plain(g, groups, groups, groups);
  }
  return plain(g, g.groups * ceil16(from), g.groups * ceil16(to), g.groups);
}

/** The same as one group, the channels of all groups together rounded up: no longer of the same kind. */
export function denseGeometry(g: ConvGeometry): ConvGeometry {
  return plain(g, ceil16(g.input[2]), ceil16(g.output[2]), 1);
}
