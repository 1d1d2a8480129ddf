import { DeconvError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { drawGrid, type Tile } from "./grid.ts";
import type { Image } from "./image.ts";
import { numberText } from "./numbers.ts";
import { channelPlane, checkPictures, fitInBox, paintPicture } from "./pictures.ts";
import { paintColor, paintPlane, rangeOf } from "./plane.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";

/** One small picture over training. */
export interface FilmPictures {
  /** What it is. */
  readonly label: string;
  /** Whether its values have signs, 0 in the middle; otherwise 0 is black and 1 white. */
  readonly signed: boolean;
  /** The picture at each frame, `[1, h, w, 1 or 3]`. */
  readonly frames: readonly Tensor[];
}

/** Frames shown at most. */
const MOST = 24;

/**
 * Draws pictures over training as film strips: a row for each, a column for each frame. A row of values with
 * signs has one scale for all its frames, symmetric around 0: gray and blue to red, or colours with gray for 0.
 *
 * @param strip What `filmStrip` has taken; of more than 24 frames, evenly spaced ones are shown.
 * @throws {DeconvError} When there is nothing to draw.
 */
export function filmStripSheet(
  strip: { readonly epochs: readonly number[]; readonly rows: readonly FilmPictures[] },
  { title = "Film strip" }: { title?: string } = {},
): Image {
  const { epochs, rows } = strip;
  if (!rows.length || !epochs.length) {
    throw new DeconvError("Cannot draw a film strip: it is empty");
  }
  const count = Math.min(MOST, epochs.length);
  const shown = Array.from(
    { length: count },
    (_, i) => count > 1 ? Math.round(i * (epochs.length - 1) / (count - 1)) : 0,
  );
  const side = Math.max(24, Math.min(64, Math.floor((bodyWidth - 220) / count) - 4));
  const notes: string[] = [];
  const tiles = rows.map(({ label, signed, frames }) => {
    frames.forEach((frame) => checkPictures(frame, label));
    const largest = Math.max(...frames.map(({ data }) => {
      const { low, high } = rangeOf(data);
      return Math.max(Math.abs(low), Math.abs(high));
    }));
    notes.push(signed ? `±${numberText(largest)}` : "");
    return shown.map((frame): Tile => ({
      image: fitInBox(paint(frames[frame], signed ? largest : null), side),
    }));
  });
  const body = drawGrid(tiles, {
    rowLabels: rows.map(({ label }) => label),
    rowNotes: notes.some((note) => note !== "") ? notes : [],
    columnLabels: shown.map((frame) => `${epochs[frame]}`),
    columnAxis: "epochs done →",
  });
  return composeSheet(body, {
    title,
    subtitle: [
      "Rows of values with signs have one scale for all frames, given behind them: blue is negative, red positive; of colours, 0 is gray",
    ],
  });
}

function paint(frame: Tensor, largest: number | null): Image {
  if (largest === null) return paintPicture(frame, 0);
  const range = { low: -largest, high: largest };
  const plane = (channel: number) => channelPlane(frame, 0, channel);
  return frame.shape[3] === 3
    ? paintColor([plane(0), plane(1), plane(2)], range)
    : paintPlane(plane(0), { colormap: "blue-white-red", ...range });
}
