/** JSON, and checks of what a file has where it should be. */
import { DeconvError } from "./errors.ts";

/** Anything JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | {
  readonly [key: string]: Json | undefined;
};

/** Parses JSON; `what` it is stands in the error. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DeconvError(`${what} is not readable JSON`);
  }
}

/** Whether JSON is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error for a file that does not describe its network as it should. */
export function malformed(fault: string): DeconvError {
  return new DeconvError(`its description of the network is malformed: ${fault}`);
}

/** Checks that JSON is an object. */
export function record(value: unknown, what: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw malformed(`${what} is not an object`);
}

/** Checks that JSON is a list. */
export function list(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(`${what} is not a list`);
}

/** Checks that JSON is a list of whole numbers from 0. */
export function wholeNumbers(value: unknown, what: string): number[] {
  const numbers = list(value, what);
  if (numbers.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)) {
    return numbers as number[];
  }
  throw malformed(`${what} is not of whole numbers from 0`);
}

/** Checks that JSON is text. */
export function text(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw malformed(`${what} is not a text`);
}
