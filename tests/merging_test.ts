/** Layers of several inputs: what they refuse, and one input used twice. */

import assert from "node:assert/strict";
import { concatenate, input, model, type Shape, tensor } from "../mod.ts";

const inputs = (...shapes: Shape[]) => shapes.map((shape) => input({ shape }));

Deno.test("concatenate refuses inputs that differ along another axis, and the batch from the last", () => {
  const apply = (axis: number, ...shapes: Shape[]) => () =>
    concatenate({ axis, name: "join" }).apply(inputs(...shapes));
  assert.throws(apply(-1, [4, 4, 2], [4, 5, 2]), /concatenate "join".*but for axis -1/);
  assert.throws(apply(-1, [4, 2], [2]), /same shape/);
  assert.throws(apply(-4, [4, 4, 2], [4, 4, 2]), /axis -4 is the batch/);
  assert.throws(apply(-5, [4, 4, 2], [4, 4, 2]), /axis -5 is none.*1 … 3 or -1 … -3/);
  assert.throws(apply(4, [4, 4, 2], [4, 4, 2]), /axis 4 is none/);
});

Deno.test("an input joined with itself gets both gradients", () => {
  const [x] = inputs([2]);
  const net = model({ inputs: x, outputs: concatenate().apply([x, x]) });
  assert.deepEqual([...net.forward(tensor([1, 2], [1, 2]))[0].data], [1, 2, 1, 2]);
  assert.deepEqual([...net.backward(tensor([1, 2, 4, 8], [1, 4]))[0].data], [5, 10]);
});
