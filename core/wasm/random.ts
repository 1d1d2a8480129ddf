import type { Block } from "../block.ts";
import { runtime } from "./runtime.ts";

/**
 * y = x / (1 − rate) where number i of this address (`addressWords`) is at least `rate`, 0 elsewhere;
 * without x of ones.
 */
export function dropout(address: readonly number[], rate: number, x: Block | null, y: Block): void {
  const threshold = Math.ceil(rate * 2 ** 24), scale = 1 / (1 - rate);
  const places = [x?.address ?? 0, y.address];
  runtime().call("random_drop", y.length, ...address, threshold, scale, ...places);
}

/** y = x + deviation · normal numbers of this address; without x those alone. */
export function addNormal(
  address: readonly number[],
  deviation: number,
  x: Block | null,
  y: Block,
): void {
  const places = [x?.address ?? 0, y.address];
  runtime().call("random_normal", y.length, ...address, deviation, ...places);
}
