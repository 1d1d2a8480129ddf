import type { Face } from "./font.ts";
import type { Point, Rect } from "./image.ts";
import type { Rgb } from "./theme.ts";

/** A rectangle of one colour; lies on whole pixels. */
export interface RectMark extends Rect {
  /** Tells marks apart. */
  readonly kind: "rect";
  /** Its colour. */
  readonly fill: Rgb;
}

/** A line through some points, with round corners and ends. */
export interface LineMark {
  /** Tells marks apart. */
  readonly kind: "line";
  /** Two points or more, in pixels; fractions are drawn where they are. */
  readonly points: readonly Point[];
  /** Its colour. */
  readonly stroke: Rgb;
  /** Pixels across. */
  readonly width: number;
}

/** A disc. */
export interface DotMark extends Point {
  /** Tells marks apart. */
  readonly kind: "dot";
  /** Pixels from the centre to the edge. */
  readonly radius: number;
  /** Its colour. */
  readonly fill: Rgb;
}

/** A line of text on a base line. */
export interface TextMark extends Point {
  /** Tells marks apart. */
  readonly kind: "text";
  /** What it says. */
  readonly text: string;
  /** Type size and weight. */
  readonly face: Face;
  /** Its colour. */
  readonly fill: Rgb;
  /** Whether the text starts at `x`, is centred on it or ends there. */
  readonly align: "left" | "center" | "right";
}

/** One thing drawn. */
export type Mark = RectMark | LineMark | DotMark | TextMark;

/**
 * A drawing as a list of marks, drawn one over the other on white: the one description from which both
 * a PNG ({@linkcode rasterize}) and an SVG ({@linkcode toSvg}) are made.
 */
export interface Drawing {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** What it shows, in words, for readers who cannot see it. */
  readonly title: string;
  /** From back to front. */
  readonly marks: readonly Mark[];
}
