/** Every kind of layer says how relevance goes back through it. */

import assert from "node:assert/strict";
import { LAYER_KINDS } from "../core/layers/registry.ts";

Deno.test("every kind of layer has a relevance, or parts that have", () => {
  for (const { kind, relevance, parts } of LAYER_KINDS.values()) {
    assert.notEqual(relevance === undefined, parts === undefined, kind);
  }
});
