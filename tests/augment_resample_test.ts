/** Rotation, zoom and shear against a float64 sampler written another way. */
import assert from "node:assert/strict";
import { randomRotation } from "../core/data/augment/rotate.ts";
import { randomShear } from "../core/data/augment/shear.ts";
import type { PictureTransformation } from "../core/data/augment/transformation.ts";
import { randomZoom } from "../core/data/augment/zoom.ts";
import { fromTensors } from "../core/data/dataset.ts";
import { type Shape, tensor } from "../core/tensor.ts";
import { beforeAndAfter, noisePictures } from "./harness/augmented.ts";
import { refused } from "./harness/refusals.ts";
import { between, type Beyond, pixel } from "./reference/picture.ts";

/** A picture each of whose pixels comes from `source(x, y)`, places from the middle. */
function sampled(
  picture: Float32Array,
  shape: Shape,
  source: (x: number, y: number) => [x: number, y: number],
  beyond: Beyond,
  nearest: boolean,
): number[] {
  const [h, w, c] = shape, middle = [(h - 1) / 2, (w - 1) / 2];
  return Array.from(picture, (_, i) => {
    const column = Math.floor(i / c) % w, row = Math.floor(i / c / w);
    const [x, y] = source(column - middle[1], row - middle[0]);
    const at = [y + middle[0], x + middle[1]];
    return nearest
      ? pixel(picture, shape, [Math.round(at[0]), Math.round(at[1]), i % c], beyond)
      : between(picture, shape, [...at, i % c], beyond);
  });
}

const turned = (degrees: number) => (x: number, y: number): [number, number] => {
  const angle = degrees * Math.PI / 180;
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
};

type Make = (how: object) => PictureTransformation;

const CASES: [string, Make, (x: number, y: number) => [number, number]][] = [
  ["turned by 30 degrees", (how) => randomRotation({ degrees: [30, 30], ...how }), turned(30)],
  [
    "turned by -110 degrees",
    (how) => randomRotation({ degrees: [-110, -110], ...how }),
    turned(-110),
  ],
  ["turned by 350 degrees", (how) => randomRotation({ degrees: [350, 350], ...how }), turned(350)],
  ["larger", (how) => randomZoom({ factor: [1.7, 1.7], ...how }), (x, y) => [x / 1.7, y / 1.7]],
  [
    "much smaller, and lower still",
    (how) => randomZoom({ factor: [0.15, 0.15], widthFactor: [0.3, 0.3], ...how }),
    (x, y) => [x / 0.3, y / 0.15],
  ],
  [
    "slanted",
    (how) => randomShear({ xFactor: [0.4, 0.4], yFactor: [-0.3, -0.3], ...how }),
    (x, y) => [x - 0.4 * y, y + 0.3 * x],
  ],
];

for (const [name, make, source] of CASES) {
  Deno.test(`pictures ${name} are as the reference has them`, async () => {
    for (const shape of [[7, 7, 3], [4, 9, 1], [1, 1, 2], [2, 5, 4]]) {
      for (const mode of ["constant", "reflect", "edge"] as const) {
        for (const interpolation of ["bilinear", "nearest"] as const) {
          const beyond = { mode, value: 0.75 };
          const how = make({ fillMode: mode, fillValue: 0.75, interpolation });
          for (const [before, after] of await beforeAndAfter(noisePictures(2, shape), [how])) {
            const expected = sampled(before, shape, source, beyond, interpolation === "nearest");
            after.forEach((value, i) =>
              assert.ok(
                Math.abs(value - expected[i]) < 1e-6,
                `${shape} ${mode} ${interpolation}: ${value} for ${expected[i]} at ${i}`,
              )
            );
          }
        }
      }
    }
  });
}

Deno.test("quarter turns are exact, counter-clockwise; larger means larger", async () => {
  const one = fromTensors(tensor([1, 2, 3, 4], [1, 2, 2, 1]));
  const after = async (
    transformation: PictureTransformation,
    dataset = one,
  ) => [...(await beforeAndAfter(dataset, [transformation]))[0][1]];
  assert.deepEqual(await after(randomRotation({ degrees: [90, 90] })), [2, 4, 1, 3]);
  assert.deepEqual(await after(randomRotation({ degrees: [-90, -90] })), [3, 1, 4, 2]);
  assert.deepEqual(await after(randomRotation({ degrees: [180, 180] })), [4, 3, 2, 1]);
  const dot = fromTensors(tensor([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 3, 3, 1]));
  const sum = (values: number[]) => values.reduce((a, b) => a + b);
  assert.ok(sum(await after(randomZoom({ factor: [1.5, 1.5] }), dot)) > 1.5);
  // The upper row goes left when lower rows are pushed right.
  const column = fromTensors(tensor([0, 1, 0, 0, 1, 0, 0, 1, 0], [1, 3, 3, 1]));
  const slanted = await after(randomShear({ xFactor: [1, 1], fillMode: "constant" }), column);
  assert.deepEqual(slanted, [1, 0, 0, 0, 1, 0, 0, 0, 1]);
});

Deno.test("nothing to do leaves pictures as they are; what is drawn stays in its range", async () => {
  const pictures = noisePictures(100, [5, 6, 3]);
  for (
    const still of [
      randomRotation({ degrees: 0 }),
      randomZoom({ factor: 0 }),
      randomZoom({ factor: [1, 1], widthFactor: 0 }),
      randomShear({ xFactor: 0, yFactor: 0 }),
      randomRotation({ probability: 0 }),
    ]
  ) {
    for (const [before, after] of await beforeAndAfter(pictures, [still])) {
      assert.deepEqual(after, before);
    }
  }
  for (
    const each of [randomRotation({ degrees: 180 }), randomZoom({ factor: 0.9 }), randomShear()]
  ) {
    const changed = (await beforeAndAfter(pictures, [each])).map(([before, after]) => {
      assert.ok(after.every((value) => value >= 0 && value <= 1));
      return after.some((value, i) => value !== before[i]);
    });
    assert.ok(changed.filter(Boolean).length > 95);
  }
});

Deno.test("wrong options are refused", () => {
  refused(() => randomRotation({ degrees: -5 }), /rotate with degrees -5.*at least 0/);
  refused(() => randomRotation({ degrees: [30, -30] }), /rotate with degrees \[30,-30\]/);
  refused(() => randomRotation({ degrees: [0, 400] }), /not above 360/);
  refused(() => randomZoom({ factor: 1 }), /zoom with factor 1.*not below 0.01/);
  refused(() => randomZoom({ widthFactor: [0, 1] }), /widthFactor \[0,1\]/);
  refused(() => randomShear({ xFactor: NaN }), /xFactor NaN/);
  refused(() => randomShear({ interpolation: "cubic" as "nearest" }), /"cubic".*bilinear, nearest/);
  refused(() => randomShear({ angle: 3 } as object), /shear has no option "angle"/);
});
