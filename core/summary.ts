import type { Graph } from "./graph.ts";
import { shapeText, sizeOf } from "./tensor.ts";

/** Cuts or fills a text to a width. */
function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

/** Groups digits by three: 1,234,567. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** A table of a network's layers, 76 columns wide. */
export function summarize(name: string, graph: Graph): string {
  const { nodes, shapes, inputNames } = graph;
  const makers = new Map(nodes.map((node) => [node.output, node.layer.name]));
  const linear = nodes.every((node, i) =>
    node.inputs.length === 1 &&
    node.inputs[0] === (i ? nodes[i - 1].output : 0)
  );
  const row = (layer: string, shape: string, count: string, from: string) =>
    `${fit(layer, linear ? 40 : 30)} ${fit(shape, 18)} ${count.padStart(12)}${
      linear ? "" : `  ${from}`
    }`.trimEnd();
  const line = "─".repeat(76);
  const rows = inputNames.map((input, i) => row(`${input} (input)`, shapeText(shapes[i]), "", ""));
  const seen = new Set<string>();
  const ties: string[] = [];
  let total = 0, trained = 0;
  for (const { layer, inputs, output } of nodes) {
    const own = layer.ownParameters;
    const count = own.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const first = !seen.has(layer.name);
    seen.add(layer.name);
    if (first) {
      total += count;
      const learned = layer.trained.filter((parameter) => own.includes(parameter));
      trained += learned.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      if (layer.kernelOf) ties.push(`${layer.name} uses the kernel of ${layer.kernelOf.name}`);
    }
    const from = inputs.map((value) => makers.get(value) ?? inputNames[value]).join(", ");
    const label = `${layer.name} (${layer.kind})`;
    rows.push(row(label, shapeText(shapes[output]), first ? grouped(count) : "shared", from));
  }
  const frozen = total - trained;
  const sum = `${grouped(total)} parameters (${(total * 4 / 1024).toFixed(1)} KiB)` +
    (frozen ? `, ${grouped(frozen)} of them not trained` : "");
  const head = row("layer", "output", "parameters", "from");
  return [
    `model "${name}"`,
    line,
    head,
    line,
    ...rows,
    line,
    ...ties.map((tie) => fit(tie, 76).trimEnd()),
    sum,
  ].join("\n");
}
