/**
 * `deno task fuzz [COUNT] [SEED] [FOLDER…]`: feeds every reader of files so many inputs (20,000), made of
 * its own samples and of the small files with its endings in the folders. A failure is shown with the
 * input made as small as can be, and ends it with code 1.
 */

import "./harness/allocations.ts";
import { fuzz, type Reader } from "./harness/fuzz.ts";
import { READERS } from "./fuzz/readers.ts";

/** Endings of a reader's files. */
const ENDINGS: Readonly<Record<string, RegExp>> = {
  safetensors: /\.safetensors$/,
  npy: /\.npy$/,
  npz: /\.npz$/,
  PNG: /\.png$/,
  "PNG, checksums right": /\.png$/,
  JPEG: /\.jpe?g$/,
  BMP: /\.bmp$/,
  PNM: /\.p[bgpn]m$/,
  WAV: /\.wav$/,
  CSV: /\.csv$/,
};

/** Files larger than this are no samples: most changes would be in their middle. */
const LARGEST = 4096;

/** The files below a folder. */
function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}/${name}`) : [`${folder}/${name}`]
  ).sort();
}

/** The reader with those small files in folders that it reads. */
async function withFiles(reader: Reader, folders: readonly string[]): Promise<Reader> {
  const samples = [...reader.samples], ending = ENDINGS[reader.name];
  for (const path of ending ? folders.flatMap(filesBelow) : []) {
    if (!ending.test(path) || Deno.statSync(path).size > LARGEST) continue;
    const bytes = Deno.readFileSync(path);
    try {
      await reader.read(Uint8Array.from(bytes));
      samples.push(bytes);
    } catch {
      // A file that is refused as it is.
    }
  }
  return { ...reader, samples };
}

const [count = "20000", seed = "1", ...folders] = Deno.args;
let failed = 0;
for (const each of READERS) {
  const reader = await withFiles(each, folders), began = performance.now();
  try {
    const { read, refused } = await fuzz(reader, Number(count), Number(seed));
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(
      `${reader.name}: ${
        read + refused
      } inputs from ${reader.samples.length} files, ${read} read, ${refused} refused, ${seconds} s`,
    );
  } catch (error) {
    failed++;
    console.log(`${reader.name}: FAILED\n${(error as Error).message}\n${(error as Error).stack}`);
  }
}
console.log(`${READERS.length - failed} readers held, ${failed} failed`);
Deno.exitCode = failed ? 1 : 0;
