import { DeconvError } from "../errors.ts";
import { colorOf } from "./colormap.ts";
import { drawGrid, inRows, type Tile } from "./grid.ts";
import { createImage, fillRect, type Image } from "./image.ts";
import { numberText } from "./numbers.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";
import { drawText } from "./text.ts";
import { theme } from "./theme.ts";

/** How often numbers were how large, at one time. */
export interface HistogramPicture {
  /** Epochs done. */
  readonly epoch: number;
  /** The smallest number. */
  readonly low: number;
  /** The largest. */
  readonly high: number;
  /** How many are in each of as many equal parts. */
  readonly counts: readonly number[];
}

/** The histograms of one array over training. */
export interface HistogramPictures {
  /** Its name. */
  readonly name: string;
  /** What was counted. */
  readonly kind: string;
  /** From the first to the last. */
  readonly histograms: readonly HistogramPicture[];
}

/** Pixels of a panel across, and of a ridge at its highest. */
const [WIDTH, HIGHEST] = [300, 44];
/** Pixels a panel takes down for its ridges. */
const ROOM = 150;

/**
 * Draws histograms over training as ridges, the first epoch behind at the top and the last in front: a panel
 * for each array, all ridges of a panel over the same range, each as high as its fullest part.
 *
 * @param series What `trainingHistograms` has kept.
 * @throws {DeconvError} When there is nothing to draw.
 */
export function histogramSheet(
  series: readonly HistogramPictures[],
  { title = "Histograms over training", columns = 4 }: { title?: string; columns?: number } = {},
): Image {
  const kinds = [...new Set(["weights", "gradients", ...series.map(({ kind }) => kind)])];
  const drawn = kinds.flatMap((wanted) =>
    series.filter(({ kind, histograms }) => kind === wanted && histograms.length)
  );
  if (!drawn.length) throw new DeconvError("Cannot draw histograms: there are none");
  const tiles = drawn.map(({ name, kind, histograms }): Tile => {
    const low = Math.min(...histograms.map((h) => h.low));
    const high = Math.max(...histograms.map((h) => h.high));
    return {
      image: ridges(histograms, low, high),
      heading: `${kind} of ${name}`,
      caption: `${numberText(low)} … ${numberText(high)}`,
    };
  });
  const across = Math.max(1, Math.min(columns, Math.floor((bodyWidth + 16) / (WIDTH + 16))));
  const epochs = drawn[0].histograms.map(({ epoch }) => epoch);
  return composeSheet(drawGrid(inRows(tiles, across), { gutter: 16 }), {
    title,
    subtitle: [
      `After ${epochs[0]} epochs (top, dark) to ${
        epochs[epochs.length - 1]
      } (bottom, light); each ridge is as high as its fullest part; below, the range of all`,
    ],
  });
}

function ridges(histograms: readonly HistogramPicture[], low: number, high: number): Image {
  const shown = thinned(histograms, 24), count = shown.length;
  const step = count > 1 ? Math.min(30, (ROOM - 10) / (count - 1)) : 0;
  const image = createImage(WIDTH, Math.round(HIGHEST + 12 + step * (count - 1)), theme.panel);
  const place = (value: number) =>
    high > low ? (value - low) / (high - low) * (WIDTH - 1) : WIDTH / 2;
  if (low < 0 && high > 0) {
    fillRect(image, { x: Math.round(place(0)), y: 0, width: 1, height: image.height }, theme.line);
  }
  shown.forEach((histogram, i) => {
    const { counts } = histogram, base = Math.round(HIGHEST + 4 + i * step);
    const color = colorOf(count > 1 ? i / (count - 1) : 0.5, {
      colormap: "viridis",
      low: 0,
      high: 1.15,
    });
    const [from, end] = [Math.round(place(histogram.low)), Math.round(place(histogram.high))];
    const to = Math.max(end, Math.min(WIDTH - 1, from + 1)); // a single value, too, can be seen
    const most = Math.max(1, ...counts);
    let before = 0;
    for (let x = from; x <= to; x++) {
      const part = to > from ? (x - from) / (to - from) : 0;
      const bin = Math.min(counts.length - 1, Math.floor(part * counts.length));
      const height = to > from ? Math.round(HIGHEST * counts[bin] / most) : HIGHEST;
      fillRect(image, { x, y: base - height, width: 1, height: height + 1 }, color);
      if (to - from < 8) continue;
      const edge = Math.max(1, Math.abs(height - before));
      fillRect(
        image,
        { x, y: base - Math.max(height, before), width: 1, height: edge },
        theme.paper,
      );
      before = height;
    }
    fillRect(image, { x: 0, y: base, width: WIDTH, height: 1 }, theme.line);
  });
  const first = `${shown[0].epoch}`, last = `${shown[count - 1].epoch}`;
  drawText(image, first, { x: WIDTH - 4, y: HIGHEST, align: "right", color: theme.muted });
  if (count > 1) {
    drawText(image, last, {
      x: WIDTH - 4,
      y: image.height - 10,
      align: "right",
      color: theme.muted,
    });
  }
  return image;
}

/** At most so many, evenly spaced, the first and the last among them. */
function thinned<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, i) => all[Math.round(i * (all.length - 1) / (most - 1))]);
}
