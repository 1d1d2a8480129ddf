import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import type { OutputMeaning } from "../losses.ts";
import type { Shape } from "../tensor.ts";

/** A metric with everything said. */
export interface MetricConfig {
  /** What it is. */
  readonly kind: string;
  /** What logs call it. */
  readonly name: string;
  /** Its options; null where the loss decides. */
  readonly [option: string]: number | boolean | string | null;
}

/** A metric over batches. */
export interface MetricTotal {
  /** Adds a batch; `shape` is the output's, batch first. */
  add(output: Block, target: Block, shape: Shape): void;
  /** The metric over everything added; NaN before anything is, and where an output was NaN. */
  value(): number;
}

/** The output that a metric looks at. */
export interface MetricSubject {
  /** Its shape without the batch. */
  readonly shape: Shape;
  /** What the loss says about it. */
  readonly meaning: OutputMeaning;
}

/** What a kind of metric is. */
export interface MetricKind {
  /** Its name. */
  readonly kind: string;
  /** Its options, and what they are unless given; null where the loss decides. */
  readonly defaults: Readonly<Record<string, number | boolean | string | null>>;
  /** @throws {DeconvError} When an option is out of range. */
  check?(config: MetricConfig): void;
  /**
   * Starts at zero.
   *
   * @throws {DeconvError} When the metric does not fit the output.
   */
  start(config: MetricConfig, subject: MetricSubject): MetricTotal;
}

/** Fails for an output whose targets are class numbers. */
export function expectValues({ name }: MetricConfig, { meaning }: MetricSubject): void {
  if (!meaning.sparse) return;
  throw new DeconvError(
    `The metric ${name} compares values, and the loss takes class numbers as targets: choose another of the two`,
  );
}
