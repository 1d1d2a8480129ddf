import type { Comparison } from "./measure.ts";

/** What a kernel does for a pass: dense sums over taps, sums by the phases of a stride, or a kernel gradient. */
type Kind = "forward" | "phases" | "dW";

/**
 * What is unfriendly about a pass, in words: what a kernel sees, which reads `from` channels of each
 * group and makes `to`. "holes" are output pixels that no tap reaches, because a stride is larger than
 * the kernel; "memory" is a pass that a copy of its operands would hold back. A pass without any of
 * these is "plain".
 */
export function classesOf(
  { op, pass, geometry: g, memoryLimit, friendly }: Comparison,
): { kind: Kind; names: string[] } {
  const [a, b] = [g.input[2] / g.groups, g.output[2] / g.groups];
  // A transposed convolution runs the input gradient forward: it reads the geometry's output.
  const backward = (pass === "dX") !== (op === "conv2d_transpose");
  const [from, to] = pass !== "dW" && backward ? [b, a] : [a, b];
  const kind = pass === "dW" ? "dW" : backward ? "phases" : "forward";
  const depthwise = g.groups > 1 && a === 1 && b === 1;
  const strided = g.strides[0] * g.strides[1] > 1;
  const taps = g.kernel[0] * g.kernel[1], covers = g.strides.every((s, i) => s <= g.kernel[i]);
  const names = depthwise ? ["depthwise"] : [
    ...(g.groups > 1 ? ["groups"] : []),
    ...(to <= 4 ? ["to 1-4 channels"] : to < 16 ? ["to 5-15 channels"] : []),
    ...(from <= 4 ? ["from 1-4 channels"] : []),
  ];
  if (!depthwise && strided && kind === "phases") {
    names.push(covers ? "strided" : "holes");
  }
  if (g.output[0] * g.output[1] <= 16) names.push("tiny picture");
  if (taps === 1) names.push("1x1");
  if (memoryLimit < friendly) names.push("memory");
  return { kind, names: names.length ? names : ["plain"] };
}
