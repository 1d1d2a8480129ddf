import { DeconvError } from "../errors.ts";
import { type Colormap, isDiverging } from "./colormap.ts";
import { drawGrid, inRows, type Tile } from "./grid.ts";
import { type Image, shrinkToFit, upscale } from "./image.ts";
import { rangeText } from "./numbers.ts";
import { joinRanges, paintPlane, type Plane, rangeOfPlanes, scaleFor } from "./plane.ts";
import { composeSheet, type Legend } from "./sheet.ts";

/** So many panels below and beside one another, such as the article's 2 by 2. */
export interface PanelGrid {
  /** Panels down. */
  readonly rows: number;
  /** Panels across. */
  readonly columns: number;
}

/** What a figure of panels says and how it is coloured. */
export interface PanelOptions {
  /** First line of the figure. */
  readonly title: string;
  /** Lines below it. */
  readonly subtitle: readonly string[];
  /** What stands above panel `i`. */
  readonly heading: (i: number) => string;
  /** The map all panels use. */
  readonly colormap: Colormap;
  /** Rows and columns. */
  readonly grid: PanelGrid;
  /** Whether all panels share one scale; otherwise each goes from its smallest to its largest. */
  readonly shared: boolean;
}

/** Side of a panel's picture at most, in pixels. */
const side = 192;

/**
 * Draws the article's figure: a few large panels, each one slice of a tensor with its own title, as
 * `matplotlib` would with `imshow(slice, cmap="gray")`, and its range below.
 *
 * @throws {DeconvError} When the grid is not of positive whole numbers, or has more than 64 panels.
 */
export function panelFigure(planes: readonly Plane[], options: PanelOptions): Image {
  const { title, subtitle, heading, colormap, grid, shared } = options;
  const panels = grid.rows * grid.columns;
  const whole = Number.isInteger(grid.rows) && Number.isInteger(grid.columns);
  if (!whole || grid.rows < 1 || grid.columns < 1 || panels > 64) {
    throw new DeconvError(
      `Cannot draw a grid of ${grid.rows} × ${grid.columns} panels: ` +
        "rows and columns must be positive whole numbers, at most 64 panels in all",
    );
  }
  const shown = planes.slice(0, panels);
  const all = joinRanges(shown.map((plane) => rangeOfPlanes([plane])));
  const tiles = shown.map((plane, i): Tile => {
    const range = rangeOfPlanes([plane]);
    const painted = paintPlane(plane, scaleFor(shared ? all : range, colormap));
    const factor = Math.max(1, Math.floor(side / Math.max(plane.width, plane.height)));
    const image = shrinkToFit(upscale(painted, factor), { width: 400, height: 400 });
    return { image, heading: heading(i), caption: rangeText(range) };
  });
  const legend: Legend = shared
    ? { label: "value", scale: scaleFor(all, colormap) }
    : ownLegend(colormap);
  const body = drawGrid(inRows(tiles, grid.columns), { gutter: 20, minCellWidth: 150 });
  return composeSheet(body, { title, subtitle, legends: [legend] });
}

/** The bar for panels that each have their own scale: it can name the ends, not number them. */
function ownLegend(colormap: Colormap): Legend {
  const [low, ticks] = isDiverging(colormap)
    ? [-1, { low: "−largest", high: "+largest" }]
    : [0, { low: "smallest", high: "largest" }];
  return { label: "value, each panel on its own scale", scale: { colormap, low, high: 1 }, ticks };
}
