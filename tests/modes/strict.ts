/**
 * Preloaded into every test file by `deno task test:strict`: from here on kernels compute strictly.
 *
 * @module
 */
import { setArithmetic } from "../../mod.ts";

setArithmetic("strict");
