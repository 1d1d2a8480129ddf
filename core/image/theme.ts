/** A colour as red, green and blue, each 0..255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The few colours every sheet and chart is made of. */
export const theme: {
  /** Background of a sheet. */
  readonly paper: Rgb;
  /** Titles and values. */
  readonly ink: Rgb;
  /** Subtitles, captions, axis labels (contrast 6:1 on paper). */
  readonly muted: Rgb;
  /** Index numbers beside tiles (contrast 4.6:1 on paper). */
  readonly faint: Rgb;
  /** Frames and rules. */
  readonly line: Rgb;
  /** Grid lines of charts. */
  readonly hairline: Rgb;
  /** Background of a card. */
  readonly panel: Rgb;
  /** Values that are NaN or infinite: a colour no map contains. */
  readonly notFinite: Rgb;
} = {
  paper: [255, 255, 255],
  ink: [27, 31, 39],
  muted: [86, 95, 109],
  faint: [110, 119, 133],
  line: [200, 205, 213],
  hairline: [232, 235, 239],
  panel: [246, 247, 249],
  notFinite: [255, 0, 255],
};

/**
 * Colours of the series of a chart, told apart by people with any common colour blindness.
 *
 * Source: M. Okabe, K. Ito, "Color Universal Design" (2008); blue, vermilion, green, purple, orange,
 * sky blue, black.
 */
export const seriesColors: readonly Rgb[] = [
  [0, 114, 178],
  [213, 94, 0],
  [0, 158, 115],
  [170, 82, 140],
  [214, 145, 0],
  [60, 160, 215],
  [27, 31, 39],
];

/** A colour as `#rrggbb`. */
export function hexColor(color: Rgb): string {
  return "#" + color.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
}
