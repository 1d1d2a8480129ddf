/** Models and numbers for tests of writing ONNX. */

import type { Model, Tensor } from "../../mod.ts";
import type { LayerTable } from "../cases/layer_table.ts";
import { randomIntegers, randomNormal } from "./random_array.ts";
import { modelOf } from "./run_layer.ts";

const order = (
  rank: number,
) => [
  0,
  ...rank > 2 ? [rank - 1] : [],
  ...Array.from({ length: rank - (rank > 2 ? 2 : 1) }, (_, i) => i + 1),
];

/** Copies numbers into another order of axes. */
function turned({ shape, data }: Tensor, axes: readonly number[]): Tensor {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const sizes = axes.map((axis) => shape[axis]), to = new Float32Array(data.length);
  for (let i = 0; i < to.length; i++) {
    let rest = i, from = 0;
    for (let k = sizes.length - 1; k >= 0; k--) {
      from += rest % sizes[k] * strides[axes[k]];
      rest = Math.floor(rest / sizes[k]);
    }
    to[i] = data[from];
  }
  return { shape: sizes, data: to };
}

/** A tensor with channels behind the batch. */
export function channelsFirst(x: Tensor): Tensor {
  return turned(x, order(x.shape.length));
}

/** Numbers with channels first as those of a tensor of this shape, channels last. */
export function channelsLastOf(data: Float32Array, shape: readonly number[]): Float32Array {
  const axes = order(shape.length);
  return turned(
    { shape: axes.map((axis) => shape[axis]), data },
    axes.map((_, i) => axes.indexOf(i)),
  ).data;
}

/** The largest difference, of values above 1 relative to them. */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs(a[i] - b[i]) / Math.max(Math.abs(b[i]), 1);
    if (!(off <= most) && a[i] !== b[i]) most = Number.isNaN(off) ? Infinity : off;
  }
  return most;
}

/** Inputs for a model: whole numbers where it begins with a table. */
export function sampleInputs(of: Model, batch = 3): Tensor[] {
  return of.inputShapes.map((shape, i) => {
    const first = of.graph.nodes.find(({ inputs }) => inputs.includes(i))!.layer;
    const full = [batch, ...shape];
    return first.kind === "embedding"
      ? randomIntegers(full, 7 + i, first.config.inputDim as number)
      : randomNormal(full, 7 + i);
  });
}

/** A model and inputs for it, when it is asked for. */
export type Subject = readonly [
  name: string,
  make: () => { readonly model: Model; readonly inputs: readonly Tensor[] },
];

/** A model of one layer for each case of the layers' tables. */
export async function layerModels(): Promise<Subject[]> {
  const folder = new URL("../cases/", import.meta.url), found: Subject[] = [];
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  for (const name of files) {
    const made: Record<string, unknown> = await import(new URL(name, folder).href);
    const tables = [made.layer, made.layers].flat().filter((table) => table) as LayerTable[];
    for (const { kind, subjects } of tables) {
      for (const subject of subjects()) {
        const inputs = [subject.x, ...subject.more ?? []];
        found.push([`${kind} ${subject.name}`, () => ({ model: modelOf(subject), inputs })]);
      }
    }
  }
  return found;
}
