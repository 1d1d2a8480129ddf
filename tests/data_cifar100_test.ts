import assert from "node:assert/strict";
import { cifar100 } from "../core/data/cifar100.ts";
import { openCifar100 } from "../core/data/cifar_folder.ts";
import { bytesSource, readPictures, refusal, withFiles } from "./harness/data_files.ts";

/** Records of [coarse, fine] labels; every pixel has red = coarse, green = fine, blue = 7. */
function records(...labels: [number, number][]): Uint8Array {
  const bytes = new Uint8Array(3074 * labels.length);
  labels.forEach(([coarse, fine], i) => {
    bytes.set([coarse, fine], i * 3074);
    [coarse, fine, 7].forEach((value, c) =>
      bytes.fill(value, i * 3074 + 2 + c * 1024, i * 3074 + 2 + (c + 1) * 1024)
    );
  });
  return bytes;
}

Deno.test("either label of CIFAR-100, and its planes", async () => {
  const bytes = records([3, 70], [19, 99]);
  for (const [labels, expected] of [["fine", [99, 70]], ["coarse", [19, 3]]] as const) {
    const dataset = cifar100([bytesSource("train.bin", bytes)], { labels });
    const { x, targets } = await readPictures(dataset, [1, 0]);
    assert.deepEqual(targets.map(([label]) => label), expected);
    assert.deepEqual(x[1].slice(-3), Float32Array.of(3 / 255, 70 / 255, 7 / 255));
  }
});

Deno.test("labels out of range, cut files and unknown options are refused", async () => {
  const fine = cifar100([bytesSource("a.bin", records([1, 2], [20, 100]))]);
  await assert.rejects(
    readPictures(fine, [1]),
    refusal(/record 1 of a\.bin: its label is 100, not 0 to 99: is this a CIFAR-100 file \(not CI/),
  );
  const coarse = cifar100([bytesSource("a.bin", records([20, 5]))], { labels: "coarse" });
  await assert.rejects(readPictures(coarse, [0]), refusal(/label is 20, not 0 to 19/));
  assert.throws(
    () => cifar100([bytesSource("a.bin", records([1, 2]).slice(1))]),
    refusal(/a\.bin as CIFAR-100: its 3073 bytes are 0 whole records of 3074 bytes/),
  );
  assert.throws(() => cifar100([], { labels: "both" as "fine" }), refusal(/no labels "both"/));
});

Deno.test("openCifar100 opens both files and reads the names of the classes wanted", async () => {
  const names = Array.from({ length: 20 }, (_, i) => `group ${i}`);
  await withFiles({
    "train.bin": records([1, 2], [3, 4]),
    "test.bin": records([5, 6]),
    "coarse_label_names.txt": names.join("\n") + "\n",
    "fine_label_names.txt": "only one\n",
  }, async (folder) => {
    const { train, test, close } = openCifar100(folder, { labels: "coarse" });
    assert.deepEqual([train.size, test.size, test.classNames], [2, 1, names]);
    assert.deepEqual((await readPictures(train, [1])).targets[0][0], 3);
    close();
    assert.throws(() => openCifar100(folder), refusal(/fine_label_names\.txt": it has 1 class/));
    Deno.removeSync(`${folder}/test.bin`);
    assert.throws(() => openCifar100(folder), refusal(/CIFAR-100 in ".*": there is no test\.bin/));
  });
});
