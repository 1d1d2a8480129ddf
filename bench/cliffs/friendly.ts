import { convFlops, type ConvGeometry, convGeometry } from "../../core/geometry.ts";

const ceil16 = (n: number) => Math.ceil(n / 16) * 16;

/**
 * The friendly shape of a geometry's size: the same kernel over as many output pixels, channels rounded
 * up to multiples of 16, one group, stride and dilation 1, no padding; as many pictures as bring its
 * flops nearest. What the same amount of convolution costs where nothing stands in the way.
 */
export function friendlyGeometry(g: ConvGeometry): ConvGeometry {
  const make = (batch: number) =>
    convGeometry(
      [g.output[0] + g.kernel[0] - 1, g.output[1] + g.kernel[1] - 1, ceil16(g.input[2])],
      ceil16(g.output[2]),
      { kernelSize: g.kernel },
      batch,
    );
  return make(Math.max(1, Math.round(convFlops(g) / convFlops(make(1)))));
}
