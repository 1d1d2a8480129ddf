/**
 * Every kind of layer, by its table in tests/cases: values and gradients against the reference, a
 * gradient check, the adjoint identity, threads, inference (`checkLayer`); saved, loaded, drawn; and
 * what it must refuse.
 */

import assert from "node:assert/strict";
import { activationSheet, decodeModel, encodeModel, encodePng } from "../mod.ts";
import { LAYER_KINDS } from "../core/layers/registry.ts";
import type { LayerTable } from "./cases/layer_table.ts";
import { assertRefused } from "./harness/refusals.ts";
import { checkLayer, type LayerSubject, modelOf } from "./harness/run_layer.ts";
import { assertSameBits } from "./harness/threads.ts";

const CASES = new URL("./cases/", import.meta.url);

/** The tables of all files of tests/cases that have one. */
const tables: LayerTable[] = [];
for (const { name } of [...Deno.readDirSync(CASES)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const { layer, layers = [] } = await import(new URL(name, CASES).href);
  tables.push(...(layer ? [layer] : layers));
}

Deno.test("every kind of layer has a table of cases", () => {
  assert.deepEqual(tables.map(({ kind }) => kind).sort(), [...LAYER_KINDS.keys()].sort());
});

/** A layer survives being saved and loaded: the same bytes and the same output. */
function checkRoundTrip(subject: LayerSubject): void {
  const net = modelOf(subject), bytes = encodeModel(net), { model: again } = decodeModel(bytes);
  const xs = [subject.x, ...subject.more ?? []];
  assert.deepEqual(encodeModel(again), bytes, `${subject.name}: saved again`);
  assertSameBits(again.predict(xs).data, net.predict(xs).data, `${subject.name}: loaded`);
}

/** What a layer makes can be drawn, if it has a form that pictures show: maps, signals or vectors. */
function checkSheet(subject: LayerSubject): void {
  const y = modelOf(subject).predict([subject.x, ...subject.more ?? []]);
  if (y.shape.length < 2 || y.shape.length > 4) return;
  const png = encodePng(activationSheet(y, { title: subject.name }));
  assert.ok(png.length > 200, subject.name);
}

for (const { kind, subjects: all, make, refused = [] } of tables) {
  const subjects = all();
  for (const subject of subjects) {
    Deno.test(`${subject.name}: ${subject.why}`, () => checkLayer(subject));
  }
  Deno.test(`${kind}: saved and loaded`, () => subjects.forEach(checkRoundTrip));
  Deno.test(`${kind}: drawn`, () => checkSheet(subjects[0]));
  for (const c of refused) {
    Deno.test(`${kind} refuses ${c.why}`, () => assertRefused(kind, make!, c));
  }
}
