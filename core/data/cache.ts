import { DeconvError } from "../errors.ts";
import { sizeOf } from "../tensor.ts";
import { checkRead, type Dataset, targetSize } from "./dataset.ts";

/** How {@linkcode cache} keeps pictures. */
export interface CacheOptions {
  /**
   * As `"floats"` exactly (the default), or as `"bytes"`, a quarter of the memory, the values rounded
   * to 255ths: exact for what was read from 8-bit pictures. Targets are always kept exactly.
   */
  readonly as?: "floats" | "bytes";
  /** The memory it may take, in bytes. Default 1 GiB. */
  readonly limit?: number;
}

/**
 * A dataset that keeps in memory what it has read once: for pictures that are slow to decode.
 * To change pictures anew in each pass, augment what is cached; a cache keeps those of the first pass.
 *
 * @throws {DeconvError} When all of it would not fit under the limit; when reading as bytes, if a
 * value is not of 0..1.
 *
 * @example
 * ```ts
 * import { cache, shapes } from "@deconv/deconv";
 * const dataset = cache(shapes({ size: 1000 }), { as: "bytes" });
 * console.log(dataset.size); // 1000
 * ```
 */
export function cache(dataset: Dataset, options: CacheOptions = {}): Dataset {
  const { as = "floats", limit = 2 ** 30 } = options;
  if (as !== "floats" && as !== "bytes") {
    throw new DeconvError(`Cannot cache ${dataset.name} as "${as}": use "floats" or "bytes"`);
  }
  const { name, size } = dataset;
  const one = sizeOf(dataset.shape), width = targetSize(dataset);
  const needed = size * (one * (as === "bytes" ? 1 : 4) + 4 * width);
  if (!(needed <= limit)) {
    throw new DeconvError(
      `Cannot cache ${name} in memory: its ${size} pictures take ${mebibytes(needed)} as ${as}, ` +
        `and the limit is ${mebibytes(limit)}` +
        (as === "floats" ? '; as: "bytes" takes less' : ""),
    );
  }
  const pictures = new (as === "bytes" ? Uint8Array : Float32Array)(size * one);
  const targets = new Float32Array(size * width), has = new Uint8Array(size);

  function keep(index: number, x: Float32Array, y: Float32Array): void {
    if (as === "floats") pictures.set(x, index * one);
    else {
      for (let j = 0; j < one; j++) {
        if (!(x[j] >= 0 && x[j] <= 1)) {
          throw new DeconvError(
            `Cannot cache ${name} as bytes: picture ${index} has the value ${x[j]}, not of 0 to 1`,
          );
        }
        pictures[index * one + j] = Math.round(x[j] * 255);
      }
    }
    targets.set(y, index * width);
    has[index] = 1;
  }

  const result: Dataset = {
    ...dataset,
    ahead: dataset.ahead &&
      ((indices) => dataset.ahead!(Array.from(indices).filter((index) => !has[index]))),
    read(indices, x, y) {
      checkRead(result, indices, x, y);
      const missing = [...new Set(Array.from(indices))].filter((index) => !has[index]);
      if (missing.length === 0) return write();
      const newX = new Float32Array(missing.length * one);
      const newY = new Float32Array(missing.length * width);
      const finish = () => {
        missing.forEach((index, i) =>
          keep(
            index,
            newX.subarray(i * one, (i + 1) * one),
            newY.subarray(i * width, (i + 1) * width),
          )
        );
        write();
      };
      const reading = dataset.read(missing, newX, newY);
      return reading ? reading.then(finish) : finish();

      function write(): void {
        for (let i = 0; i < indices.length; i++) {
          const from = indices[i] * one, at = i * one;
          if (as === "floats") x.set(pictures.subarray(from, from + one), at);
          else for (let j = 0; j < one; j++) x[at + j] = pictures[from + j] / 255;
          y?.set(targets.subarray(indices[i] * width, (indices[i] + 1) * width), i * width);
        }
      }
    },
  };
  return result;
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`;
}
