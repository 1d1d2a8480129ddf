/**
 * Counts the bytes of typed arrays that are made by their length. Import it before anything else: what
 * has been loaded already keeps the arrays that do not count.
 */

const NAMES = [
  ...["Uint8Array", "Uint8ClampedArray", "Int8Array", "Uint16Array", "Int16Array", "Uint32Array"],
  ...["Int32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
];

let bytes = 0;

/** Bytes of arrays made since the last time this was asked. */
export function allocated(): number {
  const counted = bytes;
  bytes = 0;
  return counted;
}

type Constructor = { new (...args: unknown[]): object; BYTES_PER_ELEMENT: number };

for (const name of NAMES) {
  const globals = globalThis as unknown as Record<string, Constructor>;
  const original = globals[name];
  const counting: Constructor = new Proxy(original, {
    construct(target, [length, ...rest], maker) {
      if (typeof length === "number") bytes += length * target.BYTES_PER_ELEMENT;
      return Reflect.construct(target, [length, ...rest], maker === counting ? target : maker);
    },
  });
  globals[name] = counting;
}
