// In full, so that an import of mod.ts over http needs no import map.
// deno-lint-ignore no-import-prefix
import { zipSync } from "npm:fflate@0.8.3";
import type { Tensor } from "../tensor.ts";
import { decodeNpy, encodeNpy, type NpyArray } from "./npy.ts";
import { readZip } from "./zip.ts";

/**
 * Reads a `.npz` file of NumPy (`numpy.savez`): a zip file of arrays.
 *
 * @param name What to call it in messages. Default `"the arrays"`.
 * @returns The arrays by their names, in the order of the file.
 * @throws {DeconvError} When it or an array in it is cut short, damaged or of another kind.
 */
export function decodeNpz(bytes: Uint8Array, name: string = "the arrays"): Map<string, NpyArray> {
  const entries = readZip(bytes, name).filter((entry) => entry.name.endsWith(".npy"));
  return new Map(entries.map((entry) => [
    entry.name.slice(0, -".npy".length),
    decodeNpy(entry.bytes(), `${entry.name} in ${name}`),
  ]));
}

/**
 * Writes a `.npz` file that `numpy.load` reads.
 *
 * @param options `compress`: whether to deflate it, as `numpy.savez_compressed`. Default false.
 * @throws {DeconvError} When an array has not the size of its shape.
 *
 * @example
 * ```ts
 * import { decodeNpz, encodeNpz, tensor } from "@deconv/deconv";
 * const bytes = encodeNpz({ x: tensor([1, 2]), y: tensor([3]) });
 * console.log([...decodeNpz(bytes).keys()]); // ["x", "y"]
 * ```
 */
export function encodeNpz(
  arrays: Readonly<Record<string, NpyArray | Tensor>>,
  { compress = false }: { compress?: boolean } = {},
): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)]);
  // A fixed date, so that the same arrays always give the same bytes.
  return zipSync(Object.fromEntries(files), {
    level: compress ? 6 : 0,
    mtime: "1980-01-01T00:00:00",
  });
}
