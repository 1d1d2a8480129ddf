/** Costs that are fitted to made-up passes are those they were made of. */

import assert from "node:assert/strict";
import { costsText } from "./fit.ts";
import type { Sample } from "./measure.ts";

Deno.test("what passes are made of is found again, and what a bad choice loses", () => {
  const samples = Array.from({ length: 40 }, (_, i): Sample => {
    const work = { cells: 1000 + 977 * (i % 7), weights: 5000 * (1 + i % 5) };
    const time = 600 + 3 * work.cells + 0.25 * work.weights;
    return { way: "planar", purpose: "pixels", work, time };
  });
  const slower = samples.map((sample): Sample => ({
    ...sample,
    way: "indirect",
    work: { ...sample.work, tiles: 7 * sample.work.cells },
    time: 2 * sample.time,
  }));
  const text = costsText(samples.map((sample, i) => ({
    samples: [sample, slower[i]],
    chosen: i < 20 ? "planar" : "indirect",
  })));
  assert.match(text, /^pixels\.planar \(40 passes\)\n {2}cells: 3, weights: 0\.25$/m);
  assert.match(text, /Of 40 passes .* takes 41\.4 % longer than the best/);
  assert.match(text, /more than 30 % longer for 20\./);
});
