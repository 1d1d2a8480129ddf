/** Which part of the product answers an oracle case: one table, and the judgement of its answer. */

import { coordinates, worstElement } from "./compare.ts";
import type { OracleCase } from "./oracle.ts";
import { LAYERS, type Results, runLayerCase } from "./oracle_layers.ts";
import { attributionsCase } from "./oracle_attributions.ts";
import { LOSS_CASES, OPTIMIZER_CASES, seedModelCase } from "./oracle_training.ts";

/** Relative to the largest stored value. */
const LIMIT = 1e-4;

/** How one kind of case is run, and how far single tensors may be off where not `LIMIT`. */
interface Row {
  run(c: OracleCase): Results | Promise<Results>;
  limit?(tensor: string): number;
}

/** Every kind of case there is an implementation for, by the first part of its name. */
const ROWS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ...Object.entries(LAYERS).map(([kind, make]): [string, Row] => [
    kind,
    { run: (c) => runLayerCase(c, make) },
  ]),
  ...Object.entries({ ...LOSS_CASES, ...OPTIMIZER_CASES }).map(([kind, run]): [string, Row] => [
    kind,
    { run },
  ]),
  ["attributions", { run: attributionsCase }],
  ["seed_model", {
    run: seedModelCase,
    // Adam's first steps are lr·sign(g): rounding is magnified where g is nearly 0.
    limit: (tensor) => tensor.startsWith("final/") ? 1e-3 : LIMIT,
  }],
]);

/** The row for a case: by the first part of its name, or by the longest kind it continues (`adam_2`). */
function rowOf({ name, settings }: OracleCase): Row | undefined {
  const [first] = name.split("/");
  const kinds = [...ROWS.keys()].sort((a, b) => b.length - a.length);
  const kind = ROWS.has(first) ? first : kinds.find((kind) => first.startsWith(`${kind}_`));
  if (kind !== undefined) return ROWS.get(kind);
  return typeof settings.op === "string" ? ROWS.get(settings.op) : undefined;
}

/** Stored tensors that are what a case starts from; all others must come out as stored. */
function isGiven(name: string, all: Readonly<Record<string, unknown>>): boolean {
  // A layer gives y and is given dy; a loss the other way round.
  if (name === "y") return "loss" in all;
  if (name === "dy") return !("loss" in all);
  const given = ["bias", "t", "labels", "index", "target", "A", "c", "w0", "x"];
  return `d${name}` in all || given.includes(name) ||
    /^(init|quadratic)\/|\/(kernel|bias)$/.test(name);
}

/** Runs a case through the product; null when it came out right, else what was wrong, in one line. */
export async function judgeCase(c: OracleCase): Promise<string | null> {
  const row = rowOf(c);
  if (!row) return "not implemented";
  let results: Results;
  try {
    results = await row.run(c);
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : String(error);
  }
  const outcomes = Object.keys(c.tensors).filter((name) => !isGiven(name, c.tensors));
  if ("loss" in c.tensors && !outcomes.includes("loss") || !outcomes.length) {
    return "the case stores no result";
  }
  let worst = { text: "", excess: 0 };
  for (const name of outcomes) {
    const expected = c.tensors[name], actual = results[name];
    if (!actual) return `${name} was not computed`;
    if (actual.shape.join() !== expected.shape.join()) {
      return `${name} has shape [${actual.shape}], expected [${expected.shape}]`;
    }
    const limit = row.limit?.(name) ?? LIMIT;
    const { index, error } = worstElement(actual, expected);
    if (error > limit && error / limit > worst.excess) {
      const place = coordinates(index, expected.shape).join(",");
      worst = {
        excess: error / limit,
        text: `${name} is off by ${error.toExponential(2)} (allowed ${limit}) at [${place}]: ` +
          `${actual.data[index]}, expected ${expected.data[index]}`,
      };
    }
  }
  return worst.text || null;
}
