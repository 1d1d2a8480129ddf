/** Who owns which bytes: the map of the memory, the arena, the layout of plans, and what stays flat. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { conv2d, conv2dTranspose, dense, flatten, sequential, zeros } from "../mod.ts";
import { Block } from "../core/block.ts";
import { layOut, type Lifetime } from "../core/layout.ts";
import { Plan } from "../core/plan.ts";
import { Arena, paddedBytes } from "../core/wasm/arena.ts";
import { MAX_THREADS, MEMORY_MAP } from "../core/wasm/memory.ts";
import { compileKernels, instantiateKernels } from "../core/wasm/module.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { randomNormal } from "./harness/random_array.ts";

Deno.test("the host's memory map is the kernels' own", () => {
  const source = Deno.readTextFileSync(new URL("../assembly/memory.ts", import.meta.url));
  const constants = [...source.matchAll(/^export const (\w+): usize = (0x[0-9a-f]+);/gm)];
  const theirs = Object.fromEntries(constants.map(([, name, value]) => [name, Number(value)]));
  assert.deepEqual({ ...MEMORY_MAP }, theirs);
  assert.ok(MEMORY_MAP.SLOTS + 4 * MAX_THREADS <= MEMORY_MAP.SCRATCH, "a word for each thread");
  assert.equal(MEMORY_MAP.TICKET % 8, 0, "a 64-bit atomic");
  assert.equal(MEMORY_MAP.GENERATION, MEMORY_MAP.TICKET + 4, "its high half");
  const zero = new Uint8Array(runtime().memory.buffer, MEMORY_MAP.ZEROS, 4096);
  assert.ok(zero.every((byte) => byte === 0), "the zeros are zero");
});

Deno.test("tap tables have the fields that the kernels read", () => {
  const source = Deno.readTextFileSync(new URL("../assembly/geometry.ts", import.meta.url));
  const body = source.slice(source.indexOf("class Taps"), source.indexOf("\n}"));
  assert.equal([...body.matchAll(/^ {2}\w+: i32;/gm)].length, 22);
});

/** What a run of takes and gives does to an arena, watched by a plain list. */
Deno.test("arena: blocks never overlap, given ones join again, all comes back", () => {
  const command = fc.oneof(
    fc.record({ take: fc.integer({ min: 0, max: 5000 }) }),
    fc.record({ give: fc.nat(1000) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const arena = new Arena(new ArrayBuffer(4 << 20), 4096);
      const held: { address: number; bytes: number }[] = [];
      const size = (bytes: number) => Math.ceil(bytes / 64) * 64;
      for (const c of commands) {
        if ("take" in c) {
          const address = arena.take(c.take);
          assert.equal(address % 64, 0);
          assert.ok(address >= 4096 && address + size(c.take) <= (4 << 20));
          for (const { address: other, bytes } of held) {
            assert.ok(address + size(c.take) <= other || other + size(bytes) <= address);
          }
          if (c.take) held.push({ address, bytes: c.take });
        } else if (held.length) {
          const [{ address, bytes }] = held.splice(c.give % held.length, 1);
          arena.give(address, bytes);
        }
        const used = held.reduce((sum, { bytes }) => sum + size(bytes), 0);
        assert.equal(arena.used, used);
        assert.ok(arena.top >= used);
      }
      for (const { address, bytes } of held) arena.give(address, bytes);
      assert.equal(arena.used, 0);
      // Everything in one piece again: 4 MiB less the start and the guard of 1 MiB.
      assert.equal(arena.take((3 << 20) - 4096), 4096);
    }),
    { seed: 7, numRuns: 200 },
  );
});

Deno.test("arena: says how much is missing, and reuses the lowest place that fits", () => {
  const arena = new Arena(new ArrayBuffer(2 << 20), 0);
  assert.throws(() => arena.take(2 << 20), /2\.0 MiB are needed.*1\.0 MiB of the 2\.0 MiB/);
  const [a, b, c] = [arena.take(256), arena.take(256), arena.take(256)];
  arena.give(a, 256);
  assert.equal(arena.take(320), c + 256, "too long for the gap");
  assert.equal(arena.take(128), a);
  arena.give(b, 256);
  assert.equal(arena.take(384), a + 128, "gaps joined");
});

Deno.test("allocate gives zeros, release takes them back", () => {
  const r = runtime();
  const before = r.arena.used;
  for (const length of [1, 15, 16, 17, 1000]) {
    const dirty = r.allocate(length);
    new Float32Array(r.memory.buffer, dirty.address, paddedBytes(length) / 4).fill(NaN);
    r.release(dirty);
    const clean = r.allocate(length);
    assert.equal(clean.address % 64, 0);
    const all = new Float32Array(r.memory.buffer, clean.address, paddedBytes(length) / 4);
    assert.ok(all.every((v) => v === 0), "zeros, padding included");
    r.release(clean);
  }
  assert.equal(r.arena.used, before);
});

const buffer = new ArrayBuffer(0);

const lifetimesArbitrary: fc.Arbitrary<Lifetime[]> = fc.array(
  fc.record({ size: fc.integer({ min: 1, max: 40 }), from: fc.nat(12), steps: fc.nat(6) })
    .map(({ size, from, steps }) => ({
      block: new Block(buffer, size * 16),
      bytes: size * 64,
      from,
      to: from + steps,
    })),
  { maxLength: 40 },
);

Deno.test("layOut: blocks alive together never share a byte, and nothing is wasted without need", () => {
  fc.assert(
    fc.property(lifetimesArbitrary, (lifetimes) => {
      const { offsets, bytes } = layOut(lifetimes);
      lifetimes.forEach((a, i) => {
        assert.equal(offsets[i] % 64, 0);
        assert.ok(offsets[i] >= 0 && offsets[i] + a.bytes <= bytes);
        lifetimes.forEach((b, j) => {
          if (j <= i || a.to < b.from || b.to < a.from) return;
          const apart = offsets[i] + a.bytes <= offsets[j] || offsets[j] + b.bytes <= offsets[i];
          assert.ok(apart, `${JSON.stringify([a, b])} at ${offsets[i]} and ${offsets[j]}`);
        });
      });
      const need = Math.max(
        0,
        ...Array.from(
          { length: 20 },
          (_, step) =>
            lifetimes.reduce((sum, l) => l.from <= step && step <= l.to ? sum + l.bytes : sum, 0),
        ),
      );
      assert.ok(bytes >= need, "as much as is alive at the worst step");
      assert.ok(bytes <= 2 * need, "greedy by size stays near that");
    }),
    { seed: 11, numRuns: 300 },
  );
});

Deno.test("layOut: what is never alive together shares its memory", () => {
  const chain = Array.from({ length: 50 }, (_, i) => ({
    block: new Block(buffer, 16),
    bytes: 64 * (1 + i % 3),
    from: i,
    to: i + 1,
  }));
  assert.ok(layOut(chain).bytes <= 64 * 6, "two neighbours at a time");
});

const net = () =>
  sequential([
    conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: "same", activation: "relu" }),
    conv2d({ filters: 8, kernelSize: 3, padding: "same", activation: "gelu" }),
    conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same" }),
    flatten(),
    dense({ units: 5, activation: "softmax" }),
  ], { inputShape: [8, 8, 3] });

Deno.test("a plan for prediction needs less memory than one for training or for looking", () => {
  const { graph } = net();
  const bytes = (options: object) =>
    new Plan(graph, { batch: 4, gradients: false, ...options }).bytes;
  assert.ok(bytes({}) < bytes({ keep: true }));
  assert.ok(bytes({}) < bytes({ gradients: true }));
});

Deno.test("training, prediction and evaluation do not grow the arena", async () => {
  const model = net();
  model.compile({ loss: "categorical_crossentropy", metrics: ["accuracy"] });
  const x = randomNormal([6, 8, 8, 3], 1), y = { ...zeros([6, 5]) };
  for (let i = 0; i < 6; i++) y.data[i * 5 + i % 5] = 1;
  const step = async () => {
    model.trainOnBatch(x, y);
    model.predict(x, { batchSize: 4 });
    model.activations(x);
    model.forward(x);
    model.backward(y);
    await model.evaluate(x, y, { batchSize: 4 });
  };
  await step();
  const { arena } = runtime();
  const { used, top } = arena;
  for (let i = 0; i < 200; i++) await step();
  assert.ok(arena.used <= used, `${arena.used - used} bytes more than before`);
  assert.ok(arena.top <= top, "the highest address");
});

Deno.test("models made and dropped with plans for many batch sizes give their slabs back", () => {
  const model = net();
  const { arena } = runtime();
  const predict = (batch: number) =>
    model.predict(randomNormal([batch, 8, 8, 3], batch), { batchSize: batch });
  for (let batch = 1; batch <= 12; batch++) predict(batch);
  const { used } = arena;
  for (let round = 0; round < 5; round++) {
    for (let batch = 1; batch <= 12; batch++) predict(batch);
  }
  // Tap tables (a few kilobytes a plan) wait for the garbage collector; slabs must not.
  assert.ok(arena.used - used < 400_000, `${arena.used - used} bytes more`);
});

Deno.test("instantiating the kernels writes nothing that a running thread uses", () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const words = new Uint32Array(memory.buffer).fill(0xdeadbeef);
  for (const build of ["relaxed", "strict"] as const) {
    instantiateKernels(compileKernels(build, memory), memory);
  }
  const { ZEROS, ARENA } = MEMORY_MAP;
  const written = Array.from(words.keys()).filter((i) => words[i] !== 0xdeadbeef);
  assert.ok(written.every((i) => 4 * i >= ZEROS + 0x10000 && 4 * i < ARENA), `${written[0]}`);
});
