import { deepStrictEqual as same, strictEqual, throws } from "node:assert";
import { convGeometry, convTransposeGeometry } from "../core/geometry.ts";
import { formatGeometry, parseGeometry } from "./geometry.ts";
import { readShapes, SHAPE_LISTS } from "./shapes.ts";

Deno.test("a geometry survives being written and read", () => {
  const paddings = ["same", "valid", 1, [1, 2], [2, 0, 1, 1]] as const;
  // The smallest picture is smaller than some kernels, and only "same" lets those in.
  for (const size of [3, 7, 8, 13]) {
    for (const kernelSize of [1, 2, 3, [4, 3]] as const) {
      for (const strides of [1, 2, [3, 1]] as const) {
        for (const padding of size > 3 ? paddings : ["same"] as const) {
          for (const dilationRate of [1, 2]) {
            const options = { kernelSize, strides, padding, dilationRate, groups: 2 };
            const shape = [size, size + 1, 4] as const;
            for (const make of [convGeometry, convTransposeGeometry]) {
              const geometry = make(shape, 6, options, 3);
              const text = formatGeometry(geometry);
              same(parseGeometry(text), { ...geometry, input: [...geometry.input] }, text);
            }
          }
        }
      }
    }
  }
});

Deno.test("output padding is part of the size", () => {
  const options = { kernelSize: 3, strides: 2, padding: 1, outputPadding: 1 };
  const geometry = convTransposeGeometry([4, 4, 2], 3, options, 1);
  strictEqual(formatGeometry(geometry), "n1h8w8c3_r3s3k2_t2p1d1g1");
  same(parseGeometry("n1h8w8c3_r3s3k2_t2p1d1g1"), geometry);
});

Deno.test("what is no geometry is refused in one line", () => {
  for (const text of ["", "n1h2", "n1h8w8c3_r3s3k2_t2pxd1g1", "n1h8w8c3_r3s3k2_t1x1x1p1d1g1"]) {
    throws(() => parseGeometry(text), /is not a geometry such as n64/, text);
  }
  throws(() => parseGeometry("n1h2w2c3_r3s3k2_t1p0d1g1"), /does not fit/);
});

Deno.test("every line of the shape lists reads and prints the same", () => {
  for (const list of SHAPE_LISTS) {
    const shapes = readShapes(list);
    strictEqual(shapes.length > 0, true, list);
    for (const { text, geometry } of shapes) strictEqual(formatGeometry(geometry), text);
  }
});
