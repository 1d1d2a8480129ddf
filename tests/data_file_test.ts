import assert from "node:assert/strict";
import { join } from "node:path";
import { openCifar10 } from "../core/data/cifar_folder.ts";
import { listFolder, openFile } from "../core/data/file.ts";
import { DeconvError } from "../core/errors.ts";

/** Runs `use` with a folder of these files, each given by its bytes or text. */
function withFolder(
  files: Record<string, Uint8Array | string>,
  use: (folder: string) => void,
): void {
  const folder = Deno.makeTempDirSync();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      Deno.writeFileSync(join(folder, name), bytes);
    }
    use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Records of one colour: all bytes are 10 times the label. */
function records(...labels: number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * 3073);
  labels.forEach((label, r) => {
    bytes.fill(10 * label, r * 3073, (r + 1) * 3073);
    bytes[r * 3073] = label;
  });
  return bytes;
}

function refused(call: () => unknown, pattern: RegExp): void {
  assert.throws(
    call,
    (e: Error) => e instanceof DeconvError && pattern.test(e.message) && !e.message.includes("\n"),
    `expected ${pattern}`,
  );
}

Deno.test("openCifar10 finds all batches in the order of their numbers, and the class names", () => {
  const names = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  const files = {
    "data_batch_10.bin": records(4),
    "data_batch_2.bin": records(2, 3),
    "data_batch_1.bin": records(1),
    "test_batch.bin": records(5, 6),
    "batches.meta.txt": names.join("\n") + "\n\n",
    "readme.html": "not data",
    "data_batch_3.bin.part": "not data",
  };
  withFolder(files, (folder) => {
    const { train, test, close } = openCifar10(folder);
    assert.deepEqual([train.name, train.size, test.name, test.size], [
      "cifar10 train",
      4,
      "cifar10 test",
      2,
    ]);
    assert.deepEqual(train.classNames, names);
    const x = new Float32Array(4 * 3072), labels = new Float32Array(4);
    train.read([0, 1, 2, 3], x, labels);
    assert.deepEqual(labels, Float32Array.of(1, 2, 3, 4));
    assert.deepEqual([x[0], x[4 * 3072 - 1]], [Math.fround(10 / 255), Math.fround(40 / 255)]);
    test.read([1], x, labels);
    assert.equal(labels[0], 6);
    close();
  });
});

Deno.test("without batches.meta.txt the classes have their usual names", () => {
  withFolder({ "data_batch_1.bin": records(1), "test_batch.bin": records(2) }, (folder) => {
    const { train, close } = openCifar10(folder);
    assert.equal(train.classNames?.[9], "truck");
    close();
  });
});

Deno.test("a wrong folder is refused, saying what was looked for", () => {
  const batch = records(1);
  refused(
    () => openCifar10("/no/such/folder"),
    /folder "\/no\/such\/folder": there is no such path/,
  );
  withFolder({ "data_batch_1.bin": batch }, (folder) => {
    const path = join(folder, "data_batch_1.bin");
    refused(() => openCifar10(path), /data_batch_1\.bin": it is a file; give the folder/);
    refused(() => openCifar10(join(path, "deeper")), /a part of this path is a file/);
    refused(() => openCifar10(folder), /there is no test_batch\.bin/);
  });
  withFolder({ "test_batch.bin": batch }, (folder) => {
    refused(
      () => openCifar10(folder),
      /there is no data_batch_\*\.bin; it needs data_batch_1\.bin/,
    );
  });
  withFolder({ "test_batch.bin": batch }, (folder) => {
    Deno.mkdirSync(join(folder, "data_batch_1.bin"));
    refused(() => openCifar10(folder), /data_batch_1\.bin": it is (not a file|a folder)/);
  });
  withFolder(
    { "data_batch_1.bin": batch, "test_batch.bin": batch, "batches.meta.txt": "a\nb" },
    (folder) => {
      refused(() => openCifar10(folder), /batches\.meta\.txt": it has 2 class names, not 10/);
    },
  );
});

Deno.test("a truncated batch file is refused with its size and name", () => {
  const files = { "data_batch_1.bin": records(1, 2).slice(0, 5000), "test_batch.bin": records(1) };
  withFolder(files, (folder) => {
    refused(
      () => openCifar10(folder),
      /data_batch_1\.bin as CIFAR-10: its 5000 bytes are 1 whole records/,
    );
  });
});

Deno.test("a file that shrinks while it is read is refused; one that is removed stays readable", () => {
  withFolder({ "data_batch_1.bin": records(1, 2), "test_batch.bin": records(3) }, (folder) => {
    const { train, test, close } = openCifar10(folder);
    const x = new Float32Array(3072), labels = new Float32Array(1);
    Deno.truncateSync(join(folder, "data_batch_1.bin"), 4000);
    train.read([0], x, labels);
    assert.equal(labels[0], 1);
    refused(() => train.read([1], x), /data_batch_1\.bin": it ends at byte 4000, but had 6146/);
    if (Deno.build.os !== "windows") {
      Deno.removeSync(join(folder, "test_batch.bin"));
      test.read([0], x, labels);
      assert.equal(labels[0], 3);
    }
    close();
    refused(() => train.read([0], x), /data_batch_1\.bin/);
  });
});

Deno.test("openFile reads anywhere and listFolder sorts", () => {
  withFolder({ b: Uint8Array.of(1, 2, 3, 4, 5), a: "" }, (folder) => {
    assert.deepEqual(listFolder(folder), ["a", "b"]);
    const file = openFile(join(folder, "b")), into = new Uint8Array(2);
    assert.equal(file.size, 5);
    file.read(3, into);
    assert.deepEqual(into, Uint8Array.of(4, 5));
    refused(() => file.read(4, into), /b": it ends at byte 5/);
    file.close();
  });
});

Deno.test({
  name: "without permission to read, the message says which flag to give",
  permissions: { read: false },
  fn: () =>
    refused(
      () => openCifar10("some/folder"),
      /not allowed to: run it with --allow-read="some\/folder"/,
    ),
});
