import type { ConvGeometry } from "../core/geometry.ts";
import { sizeOf } from "../core/tensor.ts";
import { Conv2dPasses, type PassOptions } from "../core/wasm/conv2d.ts";
import { operand } from "./operands.ts";

/** The operations whose passes are timed. */
export const CONV_OPS = ["conv2d", "conv2d_transpose"] as const;

/** Which way round a geometry is run. */
export type ConvOp = typeof CONV_OPS[number];

/**
 * The passes of an operation: its output, the gradient of its input, the gradient of its kernel. A
 * transposed convolution runs the input gradient forward and the convolution as its own dX.
 */
export const PASSES = ["forward", "dX", "dW"] as const;

/** One of an operation's three passes. */
export type Pass = typeof PASSES[number];

/** Numbers in a geometry's kernel. */
export function weightsOf(g: ConvGeometry): number {
  return g.kernel[0] * g.kernel[1] * g.input[2] / g.groups * g.output[2];
}

/** A function that runs a pass once, on random operands, bias included. */
export function passRunner(
  op: ConvOp,
  g: ConvGeometry,
  pass: Pass,
  options: PassOptions = {},
): () => void {
  const passes = new Conv2dPasses(g, options);
  const input = g.batch * sizeOf(g.input), output = g.batch * sizeOf(g.output);
  const weights = weightsOf(g);
  return () => {
    const x = operand("x", input), y = operand("y", output);
    if (pass === "dW") {
      passes.kernelGradient(x, y, operand("result", weights));
      return;
    }
    const kernel = operand("kernel", weights), forward = pass === "forward";
    if (forward !== (op === "conv2d_transpose")) {
      const bias = forward ? operand("bias", g.output[2]) : null;
      passes.forward(x, kernel, bias, operand("result", output));
    } else {
      const bias = forward ? operand("bias", g.input[2]) : null;
      passes.inputGradient(y, kernel, bias, operand("result", input));
    }
  };
}
