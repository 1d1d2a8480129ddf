/** Products with constant matrices, as dense layers. */
import { floatArray, type OnnxArray } from "../../formats/onnx/array.ts";
import { dense } from "../../layers/dense.ts";
import { sizeOf } from "../../tensor.ts";
import { gathered, tensorOf, transposed } from "./arrays.ts";
import { flatPlaces, type Flow, flowOf, inOrder, rankOf } from "./flow.ts";
import { type Converter, isFlow, type Site } from "./site.ts";

/** A dense layer over the last axis; `kernel` is [inputs, outputs] in ONNX's order of inputs. */
function denseFlow(site: Site, kernel: OnnxArray, bias: ArrayLike<number> | null): Flow {
  const raw = site.raw(0), rank = rankOf(raw), [inputs, units] = kernel.shape;
  const others = raw.order.filter((axis) => axis !== rank - 1);
  const x = raw.flat ? raw : inOrder(raw, [...others, rank - 1]);
  if (x.symbol.shape.at(-1) !== inputs) {
    throw site.fail(
      `its kernel takes ${inputs} numbers and its input has ${x.symbol.shape.at(-1)}`,
    );
  }
  const { data } = tensorOf(kernel), places = raw.flat && flatPlaces(raw.flat);
  const rows = places
    ? Float32Array.from(data, (_, i) => data[places[Math.floor(i / units)] * units + i % units])
    : data;
  const made = (b: ArrayLike<number> | null): Flow =>
    flowOf(
      site.apply(dense({ units, useBias: !!b }), x.symbol, {
        kernel: { shape: kernel.shape, data: rows },
        ...b && { bias: { shape: [units], data: Float32Array.from(b) } },
      }),
      x.order,
    );
  return bias ? made(bias) : { ...made(null), withBias: made };
}

const scaled = (array: OnnxArray, factor: number) =>
  factor === 1 ? array : floatArray(array.shape, array.data.map((v) => v * factor));

const gemm: Converter = (site) => {
  if (site.number("transA", 0)) {
    throw site.fail("its first input is transposed: its batch is no batch");
  }
  if (rankOf(site.raw(0)) !== 2) throw site.fail("its first input is no list of rows");
  const w = site.array(1), kernel = site.number("transB", 0) ? transposed(w, [1, 0]) : w;
  const units = kernel.shape[1];
  if (!site.has(2)) return [denseFlow(site, scaled(kernel, site.number("alpha", 1)), null)];
  const c = scaled(site.array(2), site.number("beta", 1));
  if (sizeOf(c.shape) !== (c.shape.at(-1) ?? 1)) {
    throw site.fail("what it adds differs from row to row");
  }
  const bias = gathered(c, [units], c.data.length === 1 ? [0] : [1]);
  return [denseFlow(site, scaled(kernel, site.number("alpha", 1)), bias.data)];
};

const matMul: Converter = (site) => {
  if (!isFlow(site.values[0]!)) {
    throw site.fail("a constant stands in front; there is a layer where it stands behind");
  }
  const w = site.array(1);
  if (w.shape.length !== 2) {
    throw site.fail("there is a layer for a matrix behind, not for more axes");
  }
  return [denseFlow(site, w, null)];
};

/** Products with constant matrices. */
export const PRODUCT_CONVERTERS: Record<string, Converter> = { Gemm: gemm, MatMul: matMul };
