import assert from "node:assert/strict";
import { type Dataset, fromTensors, slice, split, subset, take } from "../core/data/dataset.ts";
import { DeconvError } from "../core/errors.ts";
import { tensor } from "../core/tensor.ts";

/** Ten pictures of [1,2,1]; picture i holds i/10 and -i/10 and has label 100 + i. */
const ten = fromTensors(
  tensor(Float32Array.from({ length: 20 }, (_, i) => (i % 2 ? -1 : 1) * Math.floor(i / 2) / 10), [
    10,
    1,
    2,
    1,
  ]),
  tensor(Float32Array.from({ length: 10 }, (_, i) => 100 + i)),
  { name: "ten", classNames: ["none"] },
);

async function labelsOf(dataset: Dataset): Promise<number[]> {
  const x = new Float32Array(2 * dataset.size), labels = new Float32Array(dataset.size);
  await dataset.read(Array.from(labels.keys()), x, labels);
  for (const [i, label] of labels.entries()) {
    assert.deepEqual(
      x.slice(2 * i, 2 * i + 2),
      Float32Array.of((label - 100) / 10, -(label - 100) / 10),
    );
  }
  return [...labels];
}

function refused(call: () => unknown, pattern: RegExp): void {
  assert.throws(
    call,
    (e: Error) => e instanceof DeconvError && pattern.test(e.message),
    `${pattern}`,
  );
}

Deno.test("fromTensors reads pictures and labels by number, into the front of larger arrays", () => {
  const x = new Float32Array(8).fill(9), labels = new Float32Array(4).fill(9);
  ten.read(Uint32Array.of(7, 0, 7), x, labels);
  assert.deepEqual(x, Float32Array.of(0.7, -0.7, 0, -0, 0.7, -0.7, 9, 9));
  assert.deepEqual(labels, Float32Array.of(107, 100, 107, 9));
  assert.deepEqual([ten.name, ten.size, ten.shape, ten.classNames], ["ten", 10, [1, 2, 1], [
    "none",
  ]]);
});

Deno.test("pictures without labels have label -1", () => {
  const labels = new Float32Array(2);
  fromTensors(tensor([1, 2], [2, 1])).read([1, 0], new Float32Array(2), labels);
  assert.deepEqual(labels, Float32Array.of(-1, -1));
});

Deno.test("slice, take and subset renumber pictures", async () => {
  assert.deepEqual(await labelsOf(slice(ten, 3, 6)), [103, 104, 105]);
  assert.deepEqual(await labelsOf(slice(ten, 8)), [108, 109]);
  assert.deepEqual(await labelsOf(slice(ten, 4, 4)), []);
  assert.deepEqual(await labelsOf(take(ten, 2)), [100, 101]);
  assert.equal(take(ten, 99).size, 10);
  assert.deepEqual(await labelsOf(subset(ten, [9, 2, 2])), [109, 102, 102]);
  assert.deepEqual(await labelsOf(slice(subset(slice(ten, 5), [4, 0, 1]), 1)), [105, 106]);
  assert.deepEqual(slice(ten, 1).classNames, ["none"]);
});

Deno.test("split deals every picture to one side, in order or at random", async () => {
  const [a, b] = split(ten, 0.7);
  assert.deepEqual([await labelsOf(a), await labelsOf(b)], [
    [100, 101, 102, 103, 104, 105, 106],
    [107, 108, 109],
  ]);
  const [c, d] = split(ten, 0.7, 1), dealt = [...await labelsOf(c), ...await labelsOf(d)];
  assert.deepEqual([c.size, d.size], [7, 3]);
  assert.deepEqual([...dealt].sort(), [...await labelsOf(ten)]);
  assert.notDeepEqual(dealt, [...dealt].sort());
  assert.deepEqual(await labelsOf(split(ten, 0.7, 1)[1]), await labelsOf(d));
  assert.notDeepEqual(await labelsOf(split(ten, 0.7, 2)[0]), await labelsOf(c));
});

Deno.test("wrong numbers, arrays and shapes are refused, naming the dataset", () => {
  const x = new Float32Array(20);
  refused(() => ten.read([10], x), /picture 10 of ten: it has 10 pictures/);
  refused(() => ten.read([-1], x), /picture -1 of ten/);
  refused(() => ten.read([0.5], x), /picture 0.5 of ten/);
  refused(() => slice(ten, 2, 4).read([2], x), /picture 2 of ten: it has 2 pictures/);
  refused(() => ten.read([0, 1], new Float32Array(3)), /2 pictures of ten, each \[1,2,1\], into 3/);
  refused(() => ten.read([0, 1], x, new Float32Array(1)), /1 labels/);
  refused(() => slice(ten, 5, 11), /pictures 5 to 11 of ten/);
  refused(() => slice(ten, 5, 4), /pictures 5 to 4 of ten/);
  refused(() => take(ten, -1), /ten/);
  refused(() => take(ten, NaN), /ten/);
  refused(() => subset(ten, [3, 10]), /picture 10 of ten/);
  refused(() => split(ten, 1.1), /split ten at 1.1/);
  refused(() => fromTensors(tensor([1], [])), /\[\]/);
  refused(
    () => fromTensors(tensor([1, 2]), tensor([1])),
    /targets of shape \[1\] with 1 values for 2 pictures/,
  );
});
