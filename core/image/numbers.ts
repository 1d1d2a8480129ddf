import type { ValueRange } from "./plane.ts";

/** A number for captions: three significant digits (or more) and a real minus, such as `−0.0123`. */
export function numberText(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const short = size !== 0 && (size < 0.001 || size >= 99_999.5)
    ? value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e")
    : String(Number(value.toPrecision(size >= 1000 ? 6 : digits)));
  return short.replaceAll("-", "−");
}

/** A whole number with its thousands set apart, such as `73,856`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A range for captions, such as `−0.31 … 0.42`. */
export function rangeText({ low, high }: { low: number; high: number }): string {
  return low === high
    ? `${numberText(low)} everywhere`
    : `${numberText(low)} … ${numberText(high)}`;
}

/** What a subtitle says about numbers that cannot be shown; empty when there are none. */
export function notFiniteText({ notFinite }: Pick<ValueRange, "notFinite">): string {
  if (notFinite === 0) return "";
  return notFinite === 1
    ? "1 value is NaN or infinite (magenta)"
    : `${countText(notFinite)} values are NaN or infinite (magenta)`;
}

/** Joins the parts of a subtitle that are not empty, `First · second`, with a capital in front. */
export function sentence(...parts: readonly string[]): string {
  const line = parts.filter((part) => part !== "").join(" · ");
  return line.charAt(0).toUpperCase() + line.slice(1);
}

/** `first 32 of 128 filters`, or `128 filters` when all are shown. */
export function shownText(shown: number, all: number, one: string, many = `${one}s`): string {
  if (shown < all) return `first ${countText(shown)} of ${countText(all)} ${many}`;
  return all === 1 ? `1 ${one}` : `${countText(all)} ${many}`;
}
