/** What must be refused: with a DeconvError of one line that names the trouble. */

import assert from "node:assert/strict";
import { DeconvError, input, type Layer } from "../../mod.ts";
import type { InvalidCase } from "../cases/descriptor.ts";

/** Fails unless making the layer, or applying it to the case's input, is refused as the case says. */
export function assertRefused(
  kind: string,
  make: (options: Readonly<Record<string, unknown>>) => Layer,
  { why, inputShape, options, message }: InvalidCase,
): void {
  assert.throws(
    () => make(options).apply(input({ shape: inputShape.slice(1) })),
    (error: Error) => {
      assert.ok(error instanceof DeconvError, `${why}: ${error.stack}`);
      assert.match(error.message, message, why);
      assert.ok(error.message.includes(kind), `${why}: the layer's kind in "${error.message}"`);
      assert.ok(!error.message.includes("\n"), `${why}: one line`);
      return true;
    },
    why,
  );
}

/** Fails unless a call is refused with a one-line DeconvError that says all of this. */
export function refused(run: () => unknown, ...wanted: RegExp[]): void {
  assert.throws(run, (error: Error) => saysAll(error, wanted));
}

/** Fails unless something, which may be asynchronous, is refused with a one-line DeconvError that says this. */
export async function assertRejected(run: () => unknown, message: RegExp): Promise<void> {
  await assert.rejects(async () => await run(), (error: Error) => saysAll(error, [message]));
}

function saysAll(error: Error, wanted: readonly RegExp[]): boolean {
  assert.ok(error instanceof DeconvError, error.stack);
  for (const pattern of wanted) assert.match(error.message, pattern);
  assert.ok(!error.message.includes("\n"), error.message);
  return true;
}
