/** Bundled by engines_test.ts, to run in engines that know neither TypeScript nor `npm:`. */

import { type Arithmetic, getArithmetic, getThreads, setArithmetic } from "../../mod.ts";
import { trainMixed } from "./mixed_net.ts";

/** What an engine made of the run. */
export interface EngineRun {
  arithmetic: Arithmetic;
  /** Threads afterwards, the main one included. */
  threads: number;
  /** SHA-256 of all weights after twenty steps. */
  hash: string;
}

/** Trains for twenty steps with this arithmetic, or the engine's default. */
export async function run(arithmetic?: Arithmetic): Promise<EngineRun> {
  if (arithmetic) setArithmetic(arithmetic);
  const bits = trainMixed(20);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bits.slice()));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { arithmetic: getArithmetic(), threads: getThreads(), hash };
}
