import { convFlops } from "../core/geometry.ts";
import { sizeOf } from "../core/tensor.ts";
import { Conv2dPasses } from "../core/wasm/conv2d.ts";
import { type Benchmark, repeated } from "./benchmark.ts";
import { operand } from "./operands.ts";
import { readShapes, SHAPE_LISTS, type ShapeLine } from "./shapes.ts";

/**
 * The passes of an operation: its output, the gradient of its input, the gradient of its kernel. A
 * transposed convolution runs the input gradient forward and the convolution as its own dX.
 */
const PASSES = ["forward", "dX", "dW"] as const;

/** One pass of one line of a shape list. */
function passBenchmark(line: ShapeLine, pass: typeof PASSES[number]): Benchmark {
  const { geometry: g, op, list, text } = line;
  const transposed = op === "conv2d_transpose";
  const input = g.batch * sizeOf(g.input), output = g.batch * sizeOf(g.output);
  const weights = g.kernel[0] * g.kernel[1] * g.input[2] / g.groups * g.output[2];
  return {
    name: `${list}/${op}/${text}/${pass}`,
    group: `${list}: ${op} ${text}`,
    label: pass,
    flops: convFlops(g),
    images: null,
    prepare() {
      const passes = new Conv2dPasses(g);
      return repeated(() => {
        const x = operand("x", input), y = operand("y", output);
        if (pass === "dW") {
          passes.kernelGradient(x, y, operand("result", weights));
          return;
        }
        const kernel = operand("kernel", weights), forward = pass === "forward";
        if (forward !== transposed) {
          const bias = forward ? operand("bias", g.output[2]) : null;
          passes.forward(x, kernel, bias, operand("result", output));
        } else {
          const bias = forward ? operand("bias", g.input[2]) : null;
          passes.inputGradient(y, kernel, bias, operand("result", input));
        }
      });
    },
  };
}

/** Every pass of every line of every shape list. */
export function convolutionBenchmarks(): Benchmark[] {
  return SHAPE_LISTS.flatMap(readShapes).flatMap((line) =>
    PASSES.map((pass) => passBenchmark(line, pass))
  );
}
