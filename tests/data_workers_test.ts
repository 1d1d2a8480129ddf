/** Pictures decoded in workers: the same numbers, the same refusals, and a program that ends. */
import assert from "node:assert/strict";
import { encode } from "fast-png";
import { augment } from "../core/data/augment/augment.ts";
import { withNext } from "../core/data/batches.ts";
import { cache } from "../core/data/cache.ts";
import { concat, zip } from "../core/data/combine.ts";
import { type Dataset, fromTensors, shuffle, slice } from "../core/data/dataset.ts";
import { map } from "../core/data/map.ts";
import { pictureFiles } from "../core/data/picture_files.ts";
import { activation } from "../core/layers/activation.ts";
import { conv2d } from "../core/layers/conv2d.ts";
import { sequential } from "../core/sequential.ts";
import { tensor, zeros } from "../core/tensor.ts";
import { readPictures, refusal, withFiles } from "./harness/data_files.ts";

const files = Object.fromEntries(
  Array.from({ length: 12 }, (_, n) => [
    `${n}.png`,
    encode({
      width: 5,
      height: 4,
      channels: 3,
      depth: 8,
      data: Uint8Array.from({ length: 60 }, (_, i) => (n * 37 + i * 11) % 256),
    }),
  ]),
);
const numbers = Array.from({ length: 12 }, (_, n) => n);

Deno.test("workers decode the same numbers, read ahead or not, kept or not", async () => {
  await withFiles(files, async (folder) => {
    const paths = numbers.map((n) => `${folder}/${n}.png`), options = { size: 3 };
    const plain = await readPictures(pictureFiles(paths, options), numbers);
    for (const cacheLimit of [0, 27 * 5, undefined]) {
      const dataset = pictureFiles(paths, { ...options, workers: 2, cacheLimit });
      dataset.ahead!([3, 1, 3]);
      dataset.ahead!(numbers);
      for (let time = 0; time < 2; time++) {
        assert.deepEqual(await readPictures(dataset, numbers), plain);
        assert.deepEqual((await readPictures(dataset, [7, 7, 2])).x[1], plain.x[7]);
      }
    }
  });
});

Deno.test("what is damaged or missing is refused when it is read, not before", async () => {
  await withFiles({ ...files, "bad.png": files["0.png"].slice(0, 50) }, async (folder) => {
    const paths = [`${folder}/0.png`, `${folder}/bad.png`, `${folder}/none.png`];
    const dataset = pictureFiles(paths, { size: 2, workers: 1 });
    dataset.ahead!([0, 1, 2]);
    await readPictures(dataset, [0]);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(readPictures(dataset, [1]), refusal(/bad\.png as PNG: it is cut short/));
      await assert.rejects(readPictures(dataset, [0, 2]), refusal(/none\.png": there is no such/));
    }
    assert.throws(
      () => pictureFiles(paths, { workers: 0.5 }),
      refusal(/0.5 workers: give 0 to 64/),
    );
  });
});

Deno.test("without workers in the system they are decoded all the same", async () => {
  const { Worker } = globalThis;
  await withFiles(files, async (folder) => {
    const paths = numbers.map((n) => `${folder}/${n}.png`);
    const plain = await readPictures(pictureFiles(paths), numbers);
    const refusing = class {
      constructor() {
        throw new Error("no permission");
      }
    };
    try {
      for (const other of [undefined, refusing]) {
        Object.assign(globalThis, { Worker: other });
        assert.deepEqual(await readPictures(pictureFiles(paths, { workers: 2 }), numbers), plain);
      }
    } finally {
      Object.assign(globalThis, { Worker });
    }
  });
});

Deno.test("what is read next is told through everything built on a dataset", () => {
  const told: number[][] = [];
  const dataset: Dataset = {
    ...fromTensors(zeros([6, 2, 2, 1]), zeros([6, 2, 2, 1])),
    ahead: (indices) => void told.push(Array.from(indices)),
  };
  const tells = (made: Dataset, indices: number[], ...expected: number[][]) => {
    told.length = 0;
    made.ahead!(indices);
    assert.deepEqual(told, expected);
  };
  tells(slice(dataset, 2), [0, 3], [2, 5]);
  tells(map(dataset, {}, () => ({})), [4], [4]);
  tells(zip(dataset, dataset), [1], [1], [1]);
  tells(concat([dataset, dataset]), [1, 6, 11], [1], [0, 5]);
  tells(augment(dataset, ["flip"]), [5], [5]);
  const cached = cache(dataset);
  cached.read([1], new Float32Array(4));
  tells(cached, [0, 1, 2], [0, 2]);
  assert.equal(shuffle(fromTensors(zeros([6, 1]))).ahead, undefined);
  assert.deepEqual([...withNext([Uint32Array.of(1), Uint32Array.of(2)])], [
    [Uint32Array.of(1), Uint32Array.of(2)],
    [Uint32Array.of(2), undefined],
  ]);
  assert.deepEqual([...withNext([])], []);
});

Deno.test("training tells each batch before the one at hand is learned", async () => {
  const net = sequential([
    conv2d({ filters: 1, kernelSize: 1, inputShape: [1, 1, 1] }),
    activation("relu"),
  ]);
  net.compile({ loss: "mse" });
  const seen: string[] = [], plain = fromTensors(tensor([1, 2, 3, 4, 5], [5, 1, 1, 1]));
  const dataset: Dataset = {
    ...plain,
    read: (indices, ...rest) => {
      seen.push(`read ${Array.from(indices)}`);
      return plain.read(indices, ...rest);
    },
    ahead: (indices) => void seen.push(`ahead ${Array.from(indices)}`),
  };
  await net.fitDataset(dataset, { target: "input", shuffle: false, batchSize: 2 });
  assert.deepEqual(seen, ["read 0,1", "ahead 2,3", "read 2,3", "ahead 4", "read 4"]);
});

Deno.test("a program that used workers ends by itself", async () => {
  await withFiles(files, async (folder) => {
    const module = new URL("../core/data/picture_files.ts", import.meta.url);
    const program = `
      import { pictureFiles } from "${module}";
      const dataset = pictureFiles(["${folder}/0.png"], { workers: 2 });
      const x = new Float32Array(60);
      await dataset.read([0], x);
      console.log(Math.round(x[1] * 255));`;
    Deno.writeTextFileSync(`${folder}/program.ts`, program);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-read", "--no-check", `${folder}/program.ts`],
      stderr: "inherit",
    }).output();
    assert.deepEqual([code, new TextDecoder().decode(stdout).trim()], [0, "11"]);
  });
});
