/** The width of the register tile: either gives the same bits, and the trial chooses the faster one. */

import assert from "node:assert/strict";
import { adam } from "../mod.ts";
import { type TileColumns, TileTrial } from "../core/wasm/tile.ts";
import { runtime } from "../core/wasm/runtime.ts";
import { autoencoder, classifier, labelled, pictures, weightBits } from "./harness/small_nets.ts";
import { trainMixed } from "./harness/mixed_net.ts";

/** Runs with tiles of this width. */
async function withTile<T>(columns: TileColumns, run: () => T | Promise<T>): Promise<T> {
  const r = runtime(), before = r.tileColumns;
  r.tileColumns = columns;
  try {
    assert.equal(r.tileColumns, columns);
    return await run();
  } finally {
    r.tileColumns = before;
  }
}

async function trainSmall(): Promise<Record<string, Uint32Array>[]> {
  const x = pictures(20), net = autoencoder(1);
  net.compile({ loss: "mse", optimizer: adam() });
  await net.fit(x, x, { epochs: 2, batchSize: 8 });
  const { x: pixels, labels } = labelled(20), graph = classifier(1);
  graph.compile({ loss: "sparse_categorical_crossentropy" });
  await graph.fit(pixels, labels, { epochs: 2, batchSize: 8 });
  return [weightBits(net), weightBits(graph)];
}

Deno.test("training gives the same bits with narrow and wide tiles", async () => {
  assert.deepEqual(await withTile(16, trainSmall), await withTile(8, trainSmall));
});

Deno.test("so does a network of every algorithm, even where the width changes on the way", async () => {
  const narrow = await withTile(8, () => trainMixed(4));
  assert.deepEqual(await withTile(16, () => trainMixed(4)), narrow);
  const changing = trainMixed(4, (step) => runtime().tileColumns = step % 2 ? 16 : 8);
  runtime().tileColumns = 8;
  assert.deepEqual(changing, narrow);
});

/** A trial on a machine where a sample takes so long (by width and how many there were), and how it went. */
function simulate(
  cost: (columns: TileColumns, sample: number) => number,
): { chosen: TileColumns; calls: number; runs: number } {
  let now = 0, runs = 0, chosen: TileColumns | undefined;
  const trial = new TileTrial((columns) => now += cost(columns, runs++ >> 1), () => now);
  let calls = 0;
  for (; chosen === undefined && calls < 10_000; calls++) {
    now += 0.5;
    chosen = trial.step();
  }
  assert.ok(chosen, "it never ends");
  return { chosen, calls, runs };
}

Deno.test("the trial chooses the faster width, after a bounded number of samples", () => {
  const wide = simulate((columns) => columns === 16 ? 0.1 : 0.18);
  assert.equal(wide.chosen, 16);
  assert.ok(wide.runs <= 30 && wide.calls > 30, JSON.stringify(wide));
  assert.equal(simulate((columns) => columns === 16 ? 0.18 : 0.1).chosen, 8);
  assert.equal(simulate(() => 0.1).chosen, 8, "the narrow one where there is no difference");
});

Deno.test("neither unoptimised code at first nor a busy machine leads the trial astray", () => {
  // Narrow tiles are optimised first, and wide ones much later.
  const late = (columns: TileColumns, sample: number) =>
    columns === 16 ? sample < 8 ? 2 : 0.1 : sample < 2 ? 1.5 : 0.18;
  assert.equal(simulate(late).chosen, 16);
  const busy = (columns: TileColumns, sample: number) =>
    (columns === 16 ? 0.18 : 0.1) * (sample % 3 ? 3 + sample % 4 : 1);
  assert.equal(simulate(busy).chosen, 8);
});

Deno.test("the runtime chooses once, and a width that is set stands", () => {
  const r = runtime();
  r.tileColumns = 16;
  assert.equal(r.choosesTile, false);
  for (let call = 0; call < 1000; call++) r.call("scale", 0, 1, 0);
  assert.equal(r.tileColumns, 16);
  r.tileColumns = 8;
});
