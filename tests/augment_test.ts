/** `augment`: determinism, passes, masks, order, oneOf, plain data. */
import assert from "node:assert/strict";
import { augment } from "../core/data/augment/augment.ts";
import {
  augmentation,
  TRANSFORMATION_KINDS,
  type TransformationConfig,
} from "../core/data/augment/augmentation.ts";
import { randomCrop } from "../core/data/augment/crop.ts";
import { randomFlip } from "../core/data/augment/flip.ts";
import { oneOf } from "../core/data/augment/one_of.ts";
import { parseAugmentation } from "../core/data/augment/parse.ts";
import { randomShift } from "../core/data/augment/shift.ts";
import type { Transformation } from "../core/data/augment/transformation.ts";
import { readBatches } from "../core/data/batches.ts";
import { concat, zip } from "../core/data/combine.ts";
import { type Dataset, fromTensors, slice, subset } from "../core/data/dataset.ts";
import { map } from "../core/data/map.ts";
import { conv2d } from "../core/layers/conv2d.ts";
import { sequential } from "../core/sequential.ts";
import { tensor } from "../core/tensor.ts";
import { setThreads } from "../core/wasm/runtime.ts";
import { noisePictures, readAll } from "./harness/augmented.ts";
import { refused } from "./harness/refusals.ts";

/** Every transformation that moves pixels, as it is without options. */
const MOVING: TransformationConfig[] = ["flip", "crop", "shift", "rotate", "zoom", "shear"];

/** Every transformation of single pictures. */
const ALL: TransformationConfig[] = [
  ...MOVING,
  "brightness",
  "contrast",
  "saturation",
  "hue",
  "grayscale",
  "noise",
  "erase",
  { kind: "normalize", mean: 0.4, std: [0.2, 0.3, 0.4] },
];

/** The same dataset, whose reading has to wait. */
function waiting(dataset: Dataset): Dataset {
  return {
    ...dataset,
    read: async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await dataset.read(...args);
    },
  };
}

Deno.test("a picture is a function of seed, pass and number; of nothing else", async () => {
  const pictures = noisePictures(12, [6, 7, 3]);
  const make = (seed?: number, dataset = pictures) => augment(dataset, ALL, { seed });
  const { x } = await readAll(make(3), 5);
  // In any order and any batch, read again, read after waiting, two reads at once.
  const order = [11, 0, 7, 7, 3];
  assert.deepEqual((await readAll(make(3), 5, order)).x, order.map((i) => x[i]));
  const late = make(3, waiting(pictures));
  const [first, second] = await Promise.all([readAll(late, 5), readAll(late, 6)]);
  assert.deepEqual(first.x, x);
  assert.deepEqual(second.x, (await readAll(make(3), 6)).x);
  for (const number of x.keys()) {
    assert.deepEqual((await readAll(make(3), 5, [number])).x[0], x[number]);
  }
  assert.notDeepEqual((await readAll(make(3), 4)).x, x);
  assert.notDeepEqual((await readAll(make(4), 5)).x, x);
  assert.notDeepEqual(x, (await readAll(pictures)).x);
  assert.deepEqual(await readAll(make(), 0), await readAll(make(0)));
});

Deno.test("equal transformations in one list draw for themselves", async () => {
  const flips = augment(noisePictures(200, [1, 2, 1]), [randomFlip(), randomFlip()]);
  const { x: before } = await readAll(noisePictures(200, [1, 2, 1]));
  const turned = (await readAll(flips)).x.filter((x, i) => x[0] !== before[i][0]).length;
  assert.ok(turned > 60 && turned < 140, `${turned}`); // were they one draw, none would be
});

Deno.test("views, maps and pairs of an augmented dataset hand the pass on", async () => {
  const augmented = augment(noisePictures(6, [4, 4, 1]), MOVING, { seed: 2 });
  const { x } = await readAll(augmented, 9);
  assert.deepEqual((await readAll(slice(augmented, 2), 9)).x, x.slice(2));
  assert.deepEqual((await readAll(subset(augmented, [3, 3]), 9)).x, [x[3], x[3]]);
  assert.deepEqual((await readAll(concat([augmented, augmented]), 9)).x, [...x, ...x]);
  assert.deepEqual((await readAll(map(augmented, {}, (x) => ({ x })), 9)).x, x);
  const both = zip(augmented, augmented);
  assert.deepEqual(await readAll(both, 9), { x, targets: x });
  assert.deepEqual((await readAll(zip(waiting(augmented), augmented), 9)).targets, x);
  for await (const { indices, x: batch } of readBatches(augmented, { batchSize: 4, epoch: 9 })) {
    assert.deepEqual(batch.data, Float32Array.from([...indices].flatMap((i) => [...x[i]])));
  }
});

Deno.test("fit reads each epoch as a pass of its own; a resumed run sees the same pictures", async () => {
  const seen: string[] = [];
  const pictures = noisePictures(10, [4, 4, 1]);
  const augmented = augment(pictures, MOVING, { seed: 1 });
  const watched: Dataset = {
    ...augmented,
    read(indices, x, targets, pass) {
      seen.push(`${pass}:${indices.length}`);
      return augmented.read(indices, x, targets, pass);
    },
  };
  const train = async (threads: number, parts: [from: number, to: number][]) => {
    setThreads(threads);
    const net = sequential([
      conv2d({ filters: 1, kernelSize: 3, padding: "same", inputShape: [4, 4, 1] }),
    ], { seed: 5 });
    net.compile({ optimizer: "sgd", loss: "mse" });
    for (const [initialEpoch, epochs] of parts) {
      await net.fitDataset(watched, { target: "input", batchSize: 6, epochs, initialEpoch });
    }
    return net.getWeights("conv2d_1/kernel").data;
  };
  const whole = await train(1, [[0, 3]]);
  assert.deepEqual(seen, ["0:6", "0:4", "1:6", "1:4", "2:6", "2:4"]);
  assert.deepEqual(await train(2, [[0, 1], [1, 3]]), whole);
});

Deno.test("masks go where their pictures go", async () => {
  // The mask is a channel of the picture, so wherever both go it must still be.
  const pictures = noisePictures(40, [5, 6, 3]);
  for (const maskShape of [[5, 6], [5, 6, 1]]) {
    const dataset = map(pictures, { targetShape: maskShape }, (x) => ({
      x,
      target: Float32Array.from({ length: 30 }, (_, i) => x[3 * i + 1]),
    }));
    const fill = { fillMode: "constant", fillValue: 0.5, maskValue: 0.5 } as const;
    const nearest = { ...fill, interpolation: "nearest" } as const;
    for (
      const config of [
        { kind: "flip", mode: "horizontal_and_vertical" },
        { kind: "crop", ...fill },
        { kind: "crop", size: [3, 4], padding: 1 },
        { kind: "shift", heightFactor: 0.5, widthFactor: 0.5, ...fill },
        { kind: "rotate", degrees: 180, ...nearest },
        { kind: "rotate", degrees: 180, interpolation: "nearest", fillMode: "edge" },
        { kind: "zoom", factor: [0.5, 2], widthFactor: 0.5, ...nearest },
        { kind: "shear", xFactor: 1, yFactor: 1, interpolation: "nearest" },
        "brightness",
        "erase",
      ] as const
    ) {
      for (const source of [dataset, waiting(dataset)]) {
        const augmented = augment(source, [config], { seed: 3 });
        const { x, targets } = await readAll(augmented, 2);
        assert.equal(targets[0].length * 3, x[0].length);
        if (typeof config === "string") { // values change, masks do not
          assert.deepEqual(targets, (await readAll(dataset)).targets);
          continue;
        }
        x.forEach((picture, i) => {
          assert.deepEqual(targets[i], picture.filter((_, j) => j % 3 === 1));
        });
      }
    }
  }
});

Deno.test("masks have a fill value of their own; targets that are no masks stay or are refused", async () => {
  const ones = fromTensors(
    tensor(new Float32Array(8).fill(1), [2, 2, 2, 1]),
    tensor(new Float32Array(8).fill(1), [2, 2, 2]),
  );
  const shift = randomShift({ heightFactor: 1, fillMode: "constant", fillValue: 7, maskValue: 9 });
  const { x, targets } = await readAll(augment(ones, [shift], { seed: 1 }));
  assert.ok(x.some((picture) => picture.includes(7)));
  assert.deepEqual(targets, x.map((picture) => picture.map((value) => value === 7 ? 9 : value)));
  const numbers = (targetShape: number[]) =>
    map(noisePictures(2, [4, 4, 3]), { targetShape }, () => ({ target: [1, 2, 3, 4] }));
  const vectors = augment(numbers([4]), MOVING);
  assert.deepEqual((await readAll(vectors)).targets[1], Float32Array.of(1, 2, 3, 4));
  refused(() => augment(numbers([2, 2]), ["flip"]), /flip to noise.*\[2,2\].*no masks/);
  refused(() => augment(numbers([1, 4, 1, 1]), ["flip"]), /no masks/);
});

Deno.test("transformations come in the order given", async () => {
  const one = fromTensors(tensor([1, 2, 3], [1, 1, 3, 1]));
  const flip = randomFlip({ probability: 1 });
  // A window of one pixel after a flip and before it, wherever it lies.
  const crop = randomCrop({ size: [1, 2] });
  const cropped = (await readAll(augment(one, [crop, flip]))).x[0];
  assert.deepEqual([...cropped], cropped[0] === 2 ? [2, 1] : [3, 2]);
  const twice = augment(one, [crop, randomCrop({ size: [1, 1] }), flip]);
  assert.deepEqual(twice.shape, [1, 1, 1]);
  assert.deepEqual(augment(one, []).shape, one.shape);
});

Deno.test("oneOf applies one at a time, all alike", async () => {
  const count = 300, pictures = noisePictures(count, [1, 3, 1]);
  const across = randomFlip({ probability: 1 });
  const up = randomShift({ widthFactor: 1, fillMode: "constant", fillValue: 9 });
  const { x: before } = await readAll(pictures);
  const { x } = await readAll(augment(pictures, [oneOf([across, up])]));
  let flipped = 0, shifted = 0;
  x.forEach((picture, i) => {
    const mirrored = [...before[i]].reverse();
    if (picture.every((value, j) => value === mirrored[j])) flipped++;
    else shifted++;
  });
  assert.ok(Math.abs(flipped - shifted) < 80, `${flipped} ${shifted}`);
  const never = augment(pictures, [oneOf([across, up], { probability: 0 })]);
  assert.deepEqual((await readAll(never)).x, before);
  refused(() => oneOf([]), /at least one/);
  const different = oneOf([randomCrop({ size: 1 }), randomFlip()]);
  refused(() => augment(pictures, [different]), /\[1,1,1\] and \[1,3,1\]/);
});

Deno.test("a transformation is made again from its config", async () => {
  const { x } = await readAll(noisePictures(8, [5, 5, 3]));
  const pictures = fromTensors(
    tensor(x.flatMap((picture) => [...picture]), [8, 5, 5, 3]),
    tensor([0, 1, 2, 0, 1, 2, 0, 1]),
    { classNames: ["a", "b", "c"] },
  );
  const all: Transformation[] = [...ALL, "mixup" as const, "cutmix" as const].map(augmentation);
  const named = new Set([...all.map(({ config }) => config.kind), "oneOf"]);
  assert.deepEqual([...named].sort(), [...TRANSFORMATION_KINDS].sort());
  all.push(
    oneOf([randomCrop({ padding: 2 }), randomFlip({ mode: "vertical" })], { probability: 0.9 }),
  );
  for (const made of all) {
    const config = JSON.parse(JSON.stringify(made.config));
    const again = augmentation(config);
    assert.deepEqual(JSON.parse(JSON.stringify(again.config)), config);
    assert.equal(again.probability, made.probability);
    const options = { seed: 4 };
    assert.deepEqual(
      await readAll(augment(pictures, [again], options)),
      await readAll(augment(pictures, [made], options)),
    );
  }
});

Deno.test("what cannot be augmented is refused", () => {
  refused(() => augmentation("turn" as "flip"), /no transformation "turn".*crop.*flip/);
  refused(() => augment(fromTensors(tensor([1, 2], [2, 1])), ["flip"]), /\[1\], not \[height/);
  refused(() => augment(noisePictures(1, [2, 2, 1]), ["flip"], { seed: 0.5 }), /seed 0.5/);
  refused(() => randomFlip({ probability: NaN }), /probability NaN/);
  const late = [{ kind: "normalize", mean: 0, std: 1 }, "flip", "hue"] as const;
  refused(() => augment(noisePictures(1, [2, 2, 3]), late), /hue after normalize.*last/);
  refused(() => oneOf([randomFlip(), augmentation("mixup")]), /one sort, not both flip and mixup/);
});

Deno.test("transformations are read from a line of text", () => {
  const configs = (text: string) => parseAugmentation(text).map(({ config }) => config);
  const made = (...all: TransformationConfig[]) => all.map((each) => augmentation(each).config);
  assert.deepEqual(configs(""), []);
  assert.deepEqual(configs("flip,crop,erase"), made("flip", "crop", "erase"));
  assert.deepEqual(
    configs(" crop : padding=2:fillMode=edge , zoom:factor=0.5..2,hue:factor=-.1..0"),
    made(
      { kind: "crop", padding: 2, fillMode: "edge" },
      { kind: "zoom", factor: [0.5, 2] },
      { kind: "hue", factor: [-0.1, 0] },
    ),
  );
  assert.deepEqual(
    configs("mixup:alpha=0.4|cutmix"),
    made({ kind: "oneOf", transformations: [{ kind: "mixup", alpha: 0.4 }, "cutmix"] }),
  );
  refused(() => parseAugmentation("flip,,crop"), /no transformation ""/);
  refused(() => parseAugmentation("flop"), /no transformation "flop"/);
  refused(() => parseAugmentation("crop:4"), /option "4" of crop.*crop:padding=4/);
  refused(() => parseAugmentation("crop:padding=four"), /padding four/);
  refused(() => parseAugmentation("zoom:factor=1..2..3"), /zoom with factor/);
  refused(() => parseAugmentation("zoom:kind=flip:factors=2"), /no option "factors"/);
  refused(() => parseAugmentation("normalize"), /mean and a std/);
  refused(() => parseAugmentation("oneOf"), /at least one/);
});
