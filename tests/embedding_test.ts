/** Numbers that an embedding must not take, and what happens then. */

import assert from "node:assert/strict";
import { DeconvError, embedding, sequential, tensor, zeros } from "../mod.ts";

const net = () =>
  sequential([embedding({ inputDim: 4, outputDim: 3, name: "words", inputShape: [2] })]);

Deno.test("an embedding refuses numbers that are none of its rows, by place", () => {
  for (const wrong of [4, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 31, -1e-9]) {
    assert.throws(
      () => net().predict(tensor([0, 3, 1, wrong], [2, 2])),
      (error: Error) =>
        error instanceof DeconvError && !error.message.includes("\n") &&
        error.message.includes(
          `embedding "words": value 1 of picture 1 is ${
            Math.fround(wrong)
          }, and must be a whole number of 0 … 3`,
        ),
      `${wrong}`,
    );
  }
});

Deno.test("after a refusal the gradient is not touched, and the model goes on", () => {
  const made = net();
  assert.throws(() => made.forward(tensor([0, 9], [1, 2])), DeconvError);
  assert.throws(
    () =>
      made.compile({ loss: "mse" }) ?? made.trainOnBatch(tensor([7, 0], [1, 2]), zeros([1, 2, 3])),
    /7/,
  );
  assert.ok(made.parameters[0].gradient.view.every((v) => v === 0));
  made.forward(tensor([3, -0], [1, 2]));
  made.backward({ shape: [1, 2, 3], data: new Float32Array(6).fill(1) });
  assert.deepEqual([...made.parameters[0].gradient.view], [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
});
