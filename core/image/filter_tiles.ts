import { isDiverging } from "./colormap.ts";
import { type Fit, fitTable, fitWrapped } from "./fit.ts";
import { drawGrid, inRows, type Tile } from "./grid.ts";
import { type Image, upscale } from "./image.ts";
import {
  extentOf,
  type FilterDrawing,
  type Kernel,
  kernelFacts,
  type KernelWords,
  weightLegends,
} from "./kernel.ts";
import { numberText, sentence, shownText } from "./numbers.ts";
import { paintColor, paintPlane, type Plane, rangeOfPlanes, scaleFor } from "./plane.ts";
import { composeSheet } from "./sheet.ts";

/** Filters of three planes, each an RGB picture. */
export function colorSheet(kernel: Kernel, drawing: FilterDrawing): Image {
  const { title, own, range } = drawing;
  const { width, height } = kernel;
  const caption = own ? { extraHeight: 20, minCellWidth: 56 } : {};
  const fit = fitWrapped(kernel.filters, { width, height, ...caption });
  const tiles = Array.from({ length: fit.shown }, (_, f): Tile => {
    const planes = kernel.filter(f) as [Plane, Plane, Plane];
    const high = extentOf(own ? rangeOfPlanes(planes) : range);
    const image = upscale(paintColor(planes, { low: -high, high }), fit.scale);
    return own ? { image, caption: `±${numberText(high)}` } : { image };
  });
  const { filter, plane } = kernel.words;
  return composeSheet(
    drawGrid(inRows(tiles, fit.columns), { minCellWidth: caption.minCellWidth }),
    {
      title,
      subtitle: [
        kernelFacts(kernel.tensor, range),
        sentence(
          shownText(fit.shown, kernel.filters, filter),
          `the three ${plane}s as red, green and blue, zero is mid-grey`,
        ),
      ],
      legends: weightLegends(drawing, { colormap: "gray", filter }),
    },
  );
}

/** Filters of any number of planes: rows are filters, columns planes, unless one of them is single. */
export function planeSheet(kernel: Kernel, drawing: FilterDrawing): Image {
  const { title, own, range } = drawing;
  const { filters, planes, words, height, stretch, note } = kernel;
  const width = kernel.width * stretch;
  const colormap = drawing.colormap ?? "blue-white-red";
  const wrapped = filters === 1 || planes === 1;
  const caption = own && wrapped && filters > 1 ? { extraHeight: 20, minCellWidth: 56 } : {};
  const fit = wrapped
    ? fitWrapped(filters * planes, { width, height, most: kernel.most, ...caption })
    : fitTable(filters, planes, { width, height, sideWidth: own ? 150 : 110 });
  const shown = wrapped
    ? { filters: Math.min(filters, fit.shown), planes: Math.min(planes, fit.shown) }
    : { filters: fit.rows, planes: fit.columns };
  const highs = Array.from(
    { length: shown.filters },
    (_, f) => extentOf(own ? rangeOfPlanes(kernel.filter(f)) : range),
  );
  const scale = (high: number) => scaleFor({ low: -high, high, notFinite: 0 }, colormap);
  const rows = highs.map((high, f) =>
    Array.from({ length: shown.planes }, (_, plane): Tile => ({
      image: upscale(
        paintPlane(kernel.slice(f, plane), scale(high)),
        fit.scale * stretch,
        fit.scale,
      ),
      caption: caption.extraHeight ? `±${numberText(high)}` : undefined,
    }))
  );
  return composeSheet(planeGrid(rows, { fit, wrapped, highs: own ? highs : [], words, caption }), {
    title,
    subtitle: [
      kernelFacts(kernel.tensor, range),
      sentence(
        shownText(shown.filters, filters, words.filter) +
          (note ? "" : ` × ${shownText(shown.planes, planes, words.plane)}`),
        note ?? "",
        isDiverging(colormap) ? "blue is negative, red positive" : "",
      ),
    ],
    legends: weightLegends(drawing, { colormap, filter: words.filter }),
  });
}

interface PlaneGrid {
  fit: Fit;
  wrapped: boolean;
  highs: readonly number[];
  words: KernelWords;
  caption: { minCellWidth?: number };
}

function planeGrid(rows: Tile[][], { fit, wrapped, highs, words, caption }: PlaneGrid): Image {
  if (wrapped) {
    const { minCellWidth } = caption;
    return drawGrid(inRows(rows.flat(), fit.columns), { minCellWidth });
  }
  return drawGrid(rows, {
    gutter: fit.columns > 16 ? 3 : 4,
    rowLabels: rows.map((_, f) => String(f)),
    rowNotes: highs.map((high) => `±${numberText(high)}`),
    columnLabels: rows[0].map((_, plane) => String(plane)),
    rowAxis: `${words.filter} ↓`,
    columnAxis: `${words.plane} →`,
  });
}
