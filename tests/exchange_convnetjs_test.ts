/** Networks of ConvNetJS: what they compute, and what is refused. */

import assert from "node:assert/strict";
import { decodeConvNetJs } from "../mod.ts";
import { assertClose } from "./harness/compare.ts";
import { refusal } from "./harness/data_files.ts";
import { namedNormal } from "./harness/random_array.ts";
import { convNetJsText } from "./harness/foreign_files.ts";

Deno.test("ConvNetJS' layers compute what ConvNetJS computes", () => {
  const text = convNetJsText(), { model: net } = decodeConvNetJs(text);
  const { layers } = JSON.parse(text), x = namedNormal([1, 5, 6, 2], "x");
  // As in convnet_layers_dotproducts.js and convnet_layers_pool.js.
  const at = (y: number, col: number, d: number) =>
    y < 0 || y >= 5 || col < 0 || col >= 6 ? 0 : x.data[(6 * y + col) * 2 + d];
  const [, conv, , , , fc] = layers, maps: number[][][] = [];
  for (let oy = 0; oy < 6; oy++) {
    maps.push([]);
    for (let ox = 0; ox < 6; ox++) {
      maps[oy].push([0, 1, 2].map((k) => {
        let sum = conv.biases.w[k];
        for (let fy = 0; fy < 2; fy++) {
          for (let fx = 0; fx < 3; fx++) {
            for (let d = 0; d < 2; d++) {
              sum += at(oy + fy - 1, ox + fx - 1, d) * conv.filters[k].w[(3 * fy + fx) * 2 + d];
            }
          }
        }
        return Math.tanh(sum);
      }));
    }
  }
  const pooled: number[] = [];
  for (let y = 0; y < 3; y++) {
    for (let col = 0; col < 3; col++) {
      for (let k = 0; k < 3; k++) {
        const four = [0, 1].flatMap((i) => [0, 1].map((j) => maps[2 * y + i][2 * col + j][k]));
        pooled.push(Math.max(...four));
      }
    }
  }
  const scores = [0, 1, 2, 3].map((k) =>
    pooled.reduce((sum, v, i) => sum + v * fc.filters[k].w[i], fc.biases.w[k])
  );
  const exps = scores.map(Math.exp), total = exps.reduce((a, b) => a + b);
  assertClose(net.predict(x).data, exps.map((v) => v / total), { tolerance: 1e-5 });
});

Deno.test("ConvNetJS' other layers are refused by their place", () => {
  const text = convNetJsText();
  assert.throws(
    () => decodeConvNetJs(text.replace("tanh", "maxout"), "n"),
    refusal(/layer 2 \(maxout\)/),
  );
  assert.throws(
    () => decodeConvNetJs(text.replace('"sx":3', '"sx":4'), "n"),
    refusal(/16 numbers/),
  );
});
