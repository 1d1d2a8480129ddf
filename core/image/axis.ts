import { countText } from "./numbers.ts";

/** How numbers fall on an axis. */
export type AxisScale = "linear" | "log";

/** An axis: what it spans, and where its marks are. */
export interface Axis {
  /** Linear or logarithmic. */
  readonly scale: AxisScale;
  /** The number at its start. */
  readonly low: number;
  /** The number at its end, larger than `low`. */
  readonly high: number;
  /** Numbers to mark, from low to high. */
  readonly ticks: readonly number[];
  /** What to write beside each tick. */
  readonly labels: readonly string[];
}

/** What {@linkcode makeAxis} may assume. */
export interface AxisOptions {
  /** Default `"linear"`. */
  readonly scale?: AxisScale;
  /** About how many ticks; default 6. */
  readonly count?: number;
  /** Whether only whole numbers are marked, and the ends stay where they are; default false. */
  readonly whole?: boolean;
}

/**
 * Makes an axis that holds all numbers from `low` to `high`, with ticks at 1, 2 or 5 times a power of
 * ten; a linear one ends on ticks. A range without extent is widened, so one value sits in the middle.
 * A logarithmic axis needs `low > 0`.
 */
export function makeAxis(low: number, high: number, options: AxisOptions = {}): Axis {
  const { scale = "linear", count = 6, whole = false } = options;
  if (scale === "log") return logAxis(low, high, count);
  if (whole) {
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const step = Math.max(1, niceStep(high - low, count));
    const ticks = ticksBetween(low, high, step);
    return { scale, low, high, ticks, labels: labelsFor(ticks, step) };
  }
  if (low === high) {
    const half = low === 0 ? 1 : Math.abs(low) / 2;
    [low, high] = [low - half, high + half];
  }
  const step = niceStep(high - low, count);
  [low, high] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  const ticks = ticksBetween(low, high, step);
  return { scale, low, high, ticks, labels: labelsFor(ticks, step) };
}

/** Where a number falls on an axis: 0 at its start, 1 at its end. */
export function axisPosition({ scale, low, high }: Axis, value: number): number {
  if (scale === "linear") return (value - low) / (high - low);
  return Math.log(value / low) / Math.log(high / low);
}

/** 1, 2 or 5 times a power of ten, so that about `count` steps cover a length. */
function niceStep(length: number, count: number): number {
  const rough = length / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function ticksBetween(low: number, high: number, step: number): number[] {
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    ticks.push(i * step);
  }
  return ticks;
}

/** Decades; with 2 and 5 in between over few decades, and linear ticks within less than one. */
function logAxis(low: number, high: number, count: number): Axis {
  const scale = "log";
  if (high / low < 1.05) [low, high] = [low / 1.5, high * 1.5];
  const decades = Math.log10(high / low);
  if (decades < 1) {
    const { ticks, labels } = makeAxis(low, high, { count });
    const inside = ticks.map((tick) => tick >= low * 0.999 && tick <= high * 1.001);
    if (inside.filter(Boolean).length >= 3) {
      const keep = <T>(list: readonly T[]) => list.filter((_, i) => inside[i]);
      return { scale, low, high, ticks: keep(ticks), labels: keep(labels) };
    }
  }
  const factors = decades <= 2.5 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.round(decades / count));
  const ticks: number[] = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    if (p % every !== 0) continue;
    for (const factor of factors) ticks.push(Number(`${factor}e${p}`));
  }
  const inside = ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  return { scale, low, high, ticks: inside, labels: inside.map((tick) => tickText(tick)) };
}

/** Labels with the same number of decimals, so that they line up. */
function labelsFor(ticks: readonly number[], step: number): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals > 4 || largest >= 1e6) {
    return ticks.map((tick) =>
      minus(tick === 0 ? "0" : Number(tick.toPrecision(9)).toExponential())
    );
  }
  const text = (tick: number) =>
    decimals === 0 ? countText(Math.round(tick)) : tick.toFixed(decimals);
  return ticks.map((tick) => minus(Math.abs(tick) < step / 2 ? "0" : text(tick)));
}

function tickText(tick: number): string {
  return minus(tick >= 1e-4 && tick < 1e6 ? String(tick) : tick.toExponential(0));
}

function minus(text: string): string {
  return text.replace("e+", "e").replaceAll("-", "−");
}
