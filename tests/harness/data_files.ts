/** What tests of data formats share: folders of files made on the spot, and data made by others. */
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { dirname, join } from "node:path";
import type { ByteSource } from "../../core/data/bytes.ts";
import type { Dataset } from "../../core/data/dataset.ts";
import { DeconvError } from "../../core/errors.ts";
import { sizeOf } from "../../core/tensor.ts";

/** Runs `use` with a folder of these files, each given by its path in it and its bytes or text. */
export async function withFiles(
  files: Readonly<Record<string, Uint8Array | string>>,
  use: (folder: string) => unknown,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      Deno.mkdirSync(dirname(path), { recursive: true });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      Deno.writeFileSync(path, bytes);
    }
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Bytes as a source, which may make its readers wait. */
export function bytesSource(name: string, bytes: Uint8Array, wait = false): ByteSource {
  const read = (offset: number, into: Uint8Array) => {
    if (offset < 0 || offset + into.length > bytes.length) throw new Error(`beyond ${name}`);
    into.set(bytes.subarray(offset, offset + into.length));
  };
  return {
    name,
    size: bytes.length,
    read: wait ? (offset, into) => Promise.resolve().then(() => read(offset, into)) : read,
  };
}

/** For `assert.throws`: whether an error is a user's, of one line, and says this. */
export const refusal = (pattern: RegExp) => (error: Error): boolean => {
  if (error instanceof DeconvError && pattern.test(error.message) && !/\n/.test(error.message)) {
    return true;
  }
  throw error;
};

/** Some pictures of a dataset and their targets, one array each. */
export async function readPictures(
  dataset: Dataset,
  indices: readonly number[],
): Promise<{ x: Float32Array[]; targets: Float32Array[] }> {
  const one = sizeOf(dataset.shape), width = sizeOf(dataset.targetShape ?? []);
  const x = new Float32Array(indices.length * one);
  const targets = new Float32Array(indices.length * width);
  await dataset.read(indices, x, targets);
  return {
    x: indices.map((_, i) => x.slice(i * one, (i + 1) * one)),
    targets: indices.map((_, i) => targets.slice(i * width, (i + 1) * width)),
  };
}

/** A test that needs data made by others in `../shared/data`; says so where that is not there. */
export function testWithShared(
  name: string,
  folder: string,
  fn: (path: string) => void | Promise<void>,
): void {
  const path = new URL(`../../../shared/data/${folder}`, import.meta.url).pathname;
  let there = true;
  try {
    Deno.statSync(path);
  } catch {
    there = false;
  }
  Deno.test({
    name: there ? name : `${name} (skipped: there is no ../shared/data/${folder})`,
    ignore: !there,
    fn: () => fn(path),
  });
}

/** A PNG of `width` x `height` pixels, whose bytes are `value(i)`. */
export function png(width: number, height: number, channels: number, value: (i: number) => number) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => value(i));
  return encodePng({ width, height, channels, data, depth: 8 });
}

/** A JPEG of one colour, or gray. */
export function jpg(width: number, height: number, colour: readonly number[]): Uint8Array {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 4] ?? 255;
  return Uint8Array.from(jpeg.encode({ width, height, data }, 95).data);
}
