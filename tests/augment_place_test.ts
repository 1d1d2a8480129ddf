/** Transformations that move whole pixels: flip, crop, shift. Exact. */
import assert from "node:assert/strict";
import { augmentation } from "../core/data/augment/augmentation.ts";
import { randomCrop } from "../core/data/augment/crop.ts";
import type { FillMode } from "../core/data/augment/fill.ts";
import { randomFlip } from "../core/data/augment/flip.ts";
import { randomShift } from "../core/data/augment/shift.ts";
import { augment } from "../core/data/augment/augment.ts";
import type { Shape } from "../core/tensor.ts";
import { refused } from "./harness/refusals.ts";
import { pixel } from "./reference/picture.ts";
import { beforeAndAfter, noisePictures } from "./harness/augmented.ts";

/** The window whose corner is at (top, left). */
function windowOf(
  x: Float32Array,
  shape: Shape,
  [height, width]: number[],
  [top, left]: number[],
  mode: FillMode,
  value = 0,
): Float32Array {
  const c = shape[2];
  return Float32Array.from({ length: height * width * c }, (_, i) => {
    const row = Math.floor(i / c / width), column = Math.floor(i / c) % width;
    return pixel(x, shape, [top + row, left + column, i % c], { mode, value });
  });
}

const same = (a: Float32Array, b: Float32Array) => a.every((value, i) => Object.is(value, b[i]));

for (
  const [name, shape] of [["1 channel", [3, 4, 1]], ["3", [4, 5, 3]], ["4", [2, 3, 4]]] as const
) {
  Deno.test(`flip mirrors each direction or none, pictures of ${name}`, async () => {
    const [h, w, c] = shape;
    const flipped = (x: Float32Array, across: boolean, down: boolean) =>
      x.map((_, i) => {
        const row = Math.floor(i / c / w), column = Math.floor(i / c) % w;
        return x[((down ? h - 1 - row : row) * w + (across ? w - 1 - column : column)) * c + i % c];
      });
    for (
      const [mode, ways] of [
        ["horizontal", [[false, false], [true, false]]],
        ["vertical", [[false, false], [false, true]]],
        ["horizontal_and_vertical", [[false, false], [true, false], [false, true], [true, true]]],
      ] as const
    ) {
      const counts = ways.map(() => 0);
      for (
        const [before, after] of await beforeAndAfter(noisePictures(400, shape), [
          randomFlip({ mode }),
        ])
      ) {
        const which = ways.findIndex(([across, down]) =>
          same(after, flipped(before, across, down))
        );
        assert.ok(which >= 0);
        counts[which]++;
      }
      // 4.5 standard deviations of a fair coin.
      for (const count of counts) assert.ok(Math.abs(count - 400 / ways.length) < 45, `${counts}`);
    }
  });
}

Deno.test("flip with probability 1 and 0", async () => {
  const pictures = noisePictures(10, [1, 2, 1]);
  for (const [before, after] of await beforeAndAfter(pictures, [randomFlip({ probability: 1 })])) {
    assert.deepEqual(after, before.slice().reverse());
  }
  for (const [before, after] of await beforeAndAfter(pictures, [randomFlip({ probability: 0 })])) {
    assert.deepEqual(after, before);
  }
});

for (const fillMode of ["constant", "reflect", "edge"] as const) {
  Deno.test(`crop cuts windows of the padded picture, everywhere alike; ${fillMode}`, async () => {
    const cases: [Shape, { size?: number | [number, number]; padding?: number }, number[]][] = [
      [[4, 5, 3], { padding: 1 }, [4, 5]],
      [[3, 3, 1], {}, [3, 3]], // 4 pixels of padding: more than the picture has
      [[4, 5, 2], { size: 3 }, [3, 3]],
      [[4, 2, 3], { size: [2, 3], padding: 1 }, [2, 3]],
      [[1, 1, 1], { padding: 2 }, [1, 1]],
    ];
    for (const [shape, options, size] of cases) {
      const padding = options.padding ?? (options.size ? 0 : 4);
      const crop = randomCrop({ ...options, fillMode, fillValue: 0.25 });
      const pairs = await beforeAndAfter(noisePictures(1000, shape), [crop]);
      const [down, right] = [0, 1].map((i) => shape[i] + 2 * padding - size[i] + 1);
      const seen = new Set<number>();
      for (const [before, after] of pairs) {
        assert.equal(after.length, size[0] * size[1] * shape[2]);
        const found = Array.from({ length: down * right }, (_, i) => i).filter((i) => {
          const corner = [Math.floor(i / right) - padding, i % right - padding];
          return same(after, windowOf(before, shape, size, corner, fillMode, 0.25));
        });
        assert.ok(found.length > 0);
        if (found.length === 1) seen.add(found[0]);
      }
      // Where each place looks different, each comes up.
      if (fillMode === "constant" && shape[2] === 3) assert.equal(seen.size, down * right);
    }
  });

  Deno.test(`shift moves by whole pixels up to its factors; ${fillMode}`, async () => {
    const shape = [5, 8, 3];
    const shift = randomShift({ heightFactor: 0.4, widthFactor: 0.13, fillMode, fillValue: 0.5 });
    const seen = new Set<string>();
    for (const [before, after] of await beforeAndAfter(noisePictures(300, shape), [shift])) {
      const corners = [-2, -1, 0, 1, 2].flatMap((top) => [-1, 0, 1].map((left) => [top, left]));
      const found = corners.filter((corner) =>
        same(after, windowOf(before, shape, [5, 8], corner, fillMode, 0.5))
      );
      assert.equal(found.length, 1);
      seen.add(`${found[0]}`);
    }
    assert.equal(seen.size, 15);
  });
}

Deno.test("no padding, no way to go: the picture stays", async () => {
  for (
    const still of [
      randomCrop({ padding: 0 }),
      randomCrop({ size: [3, 4] }),
      randomShift({ heightFactor: 0, widthFactor: 0 }),
      randomShift({ heightFactor: 0.1, widthFactor: 0.1 }), // less than half a pixel
    ]
  ) {
    for (const [before, after] of await beforeAndAfter(noisePictures(5, [3, 4, 3]), [still])) {
      assert.deepEqual(after, before);
    }
  }
});

Deno.test("wrong options are refused", () => {
  refused(
    () => randomFlip({ mode: "diagonal" as "vertical" }),
    /flip with mode "diagonal".*horizontal/,
  );
  refused(() => randomFlip({ probability: 1.5 }), /flip with probability 1.5.*from 0 to 1/);
  refused(() => augmentation({ kind: "flip", probabilty: 1 } as { kind: "flip" }), /"probabilty"/);
  refused(() => randomCrop({ padding: -1 }), /crop with padding -1/);
  refused(() => randomCrop({ padding: 1.5 }), /crop with padding 1.5/);
  refused(() => randomCrop({ size: 0 }), /crop with size 0/);
  refused(() => randomCrop({ fillMode: "wrap" as "edge" }), /fillMode "wrap".*reflect/);
  refused(() => randomCrop({ fillValue: NaN }), /fillValue NaN/);
  refused(() => randomShift({ widthFactor: 2 }), /shift with widthFactor 2/);
  refused(() => augment(noisePictures(1, [3, 4, 1]), [randomCrop({ size: 5 })]), /5x5.*\[3,4,1\]/);
  refused(
    () => augment(noisePictures(1, [3, 4, 1]), [randomCrop({ size: 2, probability: 0.5 })]),
    /crop with probability 0.5.*\[2,2,1\]/,
  );
});
