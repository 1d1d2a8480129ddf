/** Boxes of values moved from array to array, against plain loops: any steps, any start, any length. */

import fc from "fast-check";
import { boxCopy, denseStrides } from "../core/wasm/copy.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { randomNormal } from "./harness/random_array.ts";
import { assertSameBits, onThreads, TWO_THREADS } from "./harness/threads.ts";

interface Box {
  /** Shape of the source and of the output. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Which axis of the source each axis of the output is. */
  readonly order: readonly number[];
  /** The box's sizes, and where it begins in the source and in the output, along the output's axes. */
  readonly sizes: readonly number[];
  readonly starts: readonly [readonly number[], readonly number[]];
  /** Axes along which the source is read backward. */
  readonly back: readonly boolean[];
  readonly mode: "copy" | "add" | "zero";
}

const dotOf = (a: readonly number[], b: readonly number[]) =>
  a.reduce((s, v, i) => s + v * b[i], 0);
const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Moves a box, and moves it by the definition; both outputs, whole. */
function run(box: Box): [Float32Array, Float32Array] {
  const r = runtime();
  const x = randomNormal([count(box.from)], 1).data, old = randomNormal([count(box.to)], 2).data;
  const blocks = [r.allocate(x.length), r.allocate(old.length)];
  blocks[0].view.set(x);
  blocks[1].view.set(old);
  const natural = denseStrides(box.from), to = denseStrides(box.to);
  const steps = box.order.map((axis) => natural[axis]);
  const strides = steps.map((step, i) => box.back[i] ? -step : step);
  const offset = dotOf(steps, box.starts[0].map((s, i) => box.back[i] ? s + box.sizes[i] - 1 : s));
  const toOffset = dotOf(to, box.starts[1]);
  boxCopy(
    box.sizes,
    box.mode === "zero" ? null : { block: blocks[0], offset, strides },
    { block: blocks[1], offset: toOffset, strides: to },
    box.mode === "add",
  )();
  const got = blocks[1].view.slice(), wanted = old.slice();
  const at = box.sizes.map(() => 0);
  for (let left = count(box.sizes); left > 0; left--) {
    const value = x[offset + dotOf(strides, at)], place = toOffset + dotOf(to, at);
    wanted[place] = box.mode === "zero" ? 0 : box.mode === "add" ? wanted[place] + value : value;
    for (let i = at.length - 1; i >= 0 && ++at[i] === box.sizes[i]; i--) at[i] = 0;
  }
  blocks.forEach((block) => r.release(block));
  return [got, wanted];
}

/** A box of these sizes, with room before and after it along each axis. */
function boxOf(
  sizes: readonly number[],
  options: { order?: readonly number[]; room?: readonly number[]; back?: readonly boolean[] } = {},
  mode: Box["mode"] = "copy",
): Box {
  const { order = sizes.map((_, i) => i), room = [], back = [] } = options;
  const extra = (i: number, k: number) => room[2 * i + k] ?? 0;
  const from: number[] = [];
  order.forEach((axis, i) => from[axis] = sizes[i] + extra(i, 0) + extra(i, 1));
  return {
    from,
    to: sizes.map((size, i) => size + 2 * extra(i, 1)),
    order,
    sizes,
    starts: [sizes.map((_, i) => extra(i, 0)), sizes.map((_, i) => extra(i, 1))],
    back: sizes.map((_, i) => back[i] ?? false),
    mode,
  };
}

Deno.test("boxes of any sizes, orders, places and directions", () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 21 }));
  const any = fc.array(size, { minLength: 1, maxLength: 5 })
    .filter((sizes) => count(sizes) < 5000)
    .chain((sizes) =>
      fc.record({
        sizes: fc.constant(sizes),
        order: fc.shuffledSubarray(sizes.map((_, i) => i), { minLength: sizes.length }),
        room: fc.array(fc.nat(2), { minLength: 10, maxLength: 10 }),
        back: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        mode: fc.constantFrom("copy", "add", "zero" as const),
      })
    );
  fc.assert(
    fc.property(any, ({ sizes, mode, ...options }) => {
      const [got, wanted] = run(boxOf(sizes, options, mode));
      assertSameBits(got, wanted, JSON.stringify({ sizes, mode, ...options }));
    }),
    { seed: 5, numRuns: 400 },
  );
});

const long: readonly [string, Box][] = [
  ["one long line", boxOf([70001])],
  ["long lines with gaps", boxOf([3, 20001], { room: [0, 1, 1, 2] })],
  ["long lines added", boxOf([3, 20001], { room: [0, 1, 1, 2] }, "add")],
  ["lines of zeros", boxOf([300, 201], { room: [0, 1, 1, 2] }, "zero")],
  ["a transposition, wide", boxOf([5, 33, 1031], { order: [0, 2, 1] })],
  ["a transposition, tall", boxOf([5, 1031, 18], { order: [0, 2, 1] })],
  ["a transposition inside, long", boxOf([19, 5003], { order: [1, 0], room: [1, 0, 2, 1] })],
  ["values apart", boxOf([2, 9001, 5], { order: [0, 2, 1], back: [false, true] })],
];

for (const [name, box] of long) {
  Deno.test(`more than a chunk: ${name}`, () => {
    const [got, wanted] = run(box);
    assertSameBits(got, wanted, name);
    if (TWO_THREADS) {
      for (const threads of [1, 2] as const) {
        assertSameBits(onThreads(threads, () => run(box))[0], wanted, `${threads} threads`);
      }
    }
  });
}

Deno.test("an empty box moves nothing", () => {
  const [got, wanted] = run(boxOf([3, 0, 4], { room: [1, 1, 1, 1, 1, 1] }));
  assertSameBits(got, wanted, "empty");
});
