/** Layers of several inputs: what they refuse, and one input used twice. */

import assert from "node:assert/strict";
import { add, concatenate, input, model, multiply, sampling, type Shape, tensor } from "../mod.ts";

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

Deno.test("add, multiply and sampling refuse shapes that do not go together", () => {
  for (const make of [add, multiply]) {
    const apply = (...shapes: Shape[]) => () => make({ name: "both" }).apply(inputs(...shapes));
    assert.throws(apply([4, 4, 2], [4, 4, 3]), /"both".*\[4,4,2\] and \[4,4,3\].*sizes of 1/);
    assert.throws(apply([4, 2], [4]), /same shape/);
    assert.deepEqual(apply([1, 4, 3], [5, 1, 3], [3])().shape, [5, 4, 3]);
  }
  assert.throws(() => sampling().apply(inputs([3], [4])), /same shape/);
  assert.throws(() => sampling().apply(inputs([3], [1])), /same shape/);
  assert.throws(() => sampling().apply(inputs([3])), /2 input/);
});

Deno.test("an input multiplied with itself gets both gradients", () => {
  const [x] = inputs([2]);
  const net = model({ inputs: x, outputs: multiply().apply([x, x, x]) });
  assert.deepEqual([...net.forward(tensor([2, -3], [1, 2]))[0].data], [8, -27]);
  assert.deepEqual([...net.backward(tensor([1, 2], [1, 2]))[0].data], [12, 54]);
});

Deno.test("a gate learns with what it gates", () => {
  const [x, gate] = inputs([2, 2, 3], [3]);
  const net = model({ inputs: [x, gate], outputs: multiply().apply([x, gate]) });
  const xs = Float32Array.from({ length: 12 }, (_, i) => i), ones = new Float32Array(12).fill(1);
  net.forward([tensor(xs, [1, 2, 2, 3]), tensor([1, 2, 3], [1, 3])]);
  const [dx, dgate] = net.backward(tensor(ones, [1, 2, 2, 3]));
  assert.deepEqual([...dx.data], [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  assert.deepEqual([...dgate.data], [18, 22, 26]);
});
