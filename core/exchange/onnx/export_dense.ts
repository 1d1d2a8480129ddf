/** Dense layers, rows of tables, sums and products, as nodes of ONNX. */
import type { ActivationConfig } from "../../layers/activation.ts";
import { activated, beforeName } from "./export_activation.ts";
import type { Exporter, ExportSite } from "./export_site.ts";

const dense: Exporter = (site) => {
  const { to, name, inputs: [x], shapes: [shape], config, parameters: [kernel, bias] } = site;
  const rank = shape.length + 1, turned = config.tiedTo !== undefined;
  const w = to.floats(`${name}.weight`, kernel, turned ? [1, 0] : [0, 1]);
  const b = bias ? [to.floats(`${name}.bias`, bias)] : [];
  const active = config.activation as ActivationConfig, before = beforeName(site);
  if (rank < 3) return activated(site, to.node("Gemm", [x, w, ...b], before), active, name);
  const product = to.node("MatMul", [to.last(x, rank), w], `${name}_product`);
  const sum = b.length ? to.node("Add", [product, ...b], `${name}_sum`) : product;
  return activated(site, to.first(sum, rank, before), active, name);
};

const embedding: Exporter = (
  { to, name, inputs: [x], shapes: [shape], parameters: [table], output },
) => {
  const numbers = to.node("Cast", [to.last(x, shape.length + 1)], `${name}_numbers`, { to: 7 });
  const rows = to.floats(`${name}.weight`, table);
  const made = to.node("Gather", [rows, numbers], `${name}_rows`, { axis: 0 });
  return to.first(made, output.length + 1, name);
};

/** Inputs with as many axes as the longest has, ones in front. */
function aligned({ to, name, inputs, shapes, output }: ExportSite): string[] {
  return inputs.map((x, i) => {
    const shape = shapes[i], missing = output.length - shape.length;
    if (!missing) return x;
    const longer = [...Array.from({ length: missing }, () => 1), ...shape];
    return to.reshaped(x, shape, longer, `${name}_input${i + 1}`);
  });
}

const merge = (op: string): Exporter => (site) => {
  const [first, ...others] = aligned(site), { to, name } = site;
  return others.reduce(
    (sum, x, i) => to.node(op, [sum, x], i === others.length - 1 ? name : `${name}_part${i + 1}`),
    first,
  );
};

/** What multiplies and adds. */
export const DENSE_EXPORTERS: Record<string, Exporter> = {
  add: merge("Add"),
  dense,
  embedding,
  multiply: merge("Mul"),
};
