/** Run by `deno task test:strict` only: whether its preload reaches the files' workers, this one for all. */

import assert from "node:assert/strict";
import { getArithmetic } from "../../mod.ts";

Deno.test("this run is strict", () => assert.equal(getArithmetic(), "strict"));
