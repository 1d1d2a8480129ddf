/** Running kernels on a given number of threads, with the worker threads really there. */

import assert from "node:assert/strict";
import { getThreads, setThreads } from "../../mod.ts";
import { MEMORY_MAP } from "../../core/wasm/memory.ts";
import { runtime } from "../../core/wasm/runtime.ts";

/** Whether this machine has a second core; without one there is only one thread to compare. */
export const TWO_THREADS = (navigator.hardwareConcurrency ?? 1) >= 2;

/** Workers that are in their loop now. */
export function liveWorkers(): number {
  return Atomics.load(new Int32Array(runtime().memory.buffer), MEMORY_MAP.LIVE >> 2);
}

/** Waits, with an empty kernel call, until all workers are up; fails if they do not come. */
export function awaitWorkers(): void {
  const r = runtime();
  const words = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; liveWorkers() < r.threads - 1; tries++) {
    assert.ok(tries < 5000, "the workers did not start within five seconds");
    r.call("scale", 0, 1, 0);
    Atomics.wait(words, 0, 0, 1);
  }
}

/** Runs a function on so many threads, all of them up, and goes back to as many as before. */
export function onThreads<T>(count: number, run: () => T): T {
  const before = getThreads();
  setThreads(count);
  try {
    awaitWorkers();
    return run();
  } finally {
    setThreads(before);
  }
}

/** The bits of an array: distinguishes -0 from 0 and compares NaN with NaN. */
export function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** Fails unless two arrays are the same bit for bit. */
export function assertSameBits(actual: Float32Array, expected: Float32Array, name: string): void {
  const [a, e] = [bitsOf(actual), bitsOf(expected)];
  assert.equal(a.length, e.length, `${name}: lengths`);
  const first = a.findIndex((word, i) => word !== e[i]);
  assert.ok(
    first < 0,
    `${name}: element ${first} is ${actual[first]}, expected ${expected[first]}`,
  );
}
