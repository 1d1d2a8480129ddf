/** Powers and half a cosine: near those of the engine, and exact where that is easy to say. */

import assert from "node:assert/strict";
import { halfCosine, power } from "../core/portable_math.ts";

Deno.test("powers are those of **", () => {
  for (const base of [0.5, 0.9, 0.999, 0.96, 1, 1.5, 3]) {
    for (const exponent of [0, 1, 2, 3, 7, 100, 0.5, 0.1, 1.75, 12.3456, 1e-9]) {
      const wanted = base ** exponent;
      assert.ok(Math.abs(power(base, exponent) / wanted - 1) < 2e-14, `${base} ** ${exponent}`);
    }
  }
  assert.equal(power(0.5, 20), 2 ** -20);
  assert.equal(power(4, 1.5), 8);
  assert.equal(power(0, 3), 0);
  assert.equal(power(0, 0), 1);
  assert.equal(power(0.999, 1e7), 0);
  assert.equal(power(0.5, Infinity), 0);
  assert.equal(power(2, -1), 0.5);
  assert.ok(Number.isNaN(power(0.5, NaN)));
  assert.ok(power(0.999, 1e5) > 0);
});

Deno.test("half a cosine falls from 1 to 0", () => {
  assert.equal(halfCosine(0.5), 0.5);
  let before = Infinity;
  for (let i = 0; i <= 1000; i++) {
    const value = halfCosine(i / 1000), wanted = 0.5 * (1 + Math.cos(Math.PI * i / 1000));
    assert.ok(Math.abs(value - wanted) < 1e-15, `at ${i / 1000}: ${value}`);
    assert.ok(value >= 0 && value <= 1 && value <= before);
    before = value;
  }
});
