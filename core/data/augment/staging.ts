/**
 * Arrays that are used from call to call: one is lent while it is free, so that reading batch after
 * batch allocates nothing; a call that comes while it is lent gets an array of its own.
 */
export interface Staging {
  /** An array of at least `length` values, whatever they are. */
  take(length: number): Float32Array;
  /** Gives one back. */
  release(array: Float32Array): void;
}

/** Makes a {@linkcode Staging}. */
export function staging(): Staging {
  let free: Float32Array = new Float32Array(0);
  return {
    take(length) {
      const array = free.length >= length ? free : new Float32Array(length);
      free = new Float32Array(0);
      return array;
    },
    release(array) {
      free = array;
    },
  };
}
