import { DeconvError } from "../errors.ts";
import { shapeText, sizeOf, type Tensor } from "../tensor.ts";
import { type Colormap, colormapTable } from "./colormap.ts";
import { denseSheet } from "./filter_matrix.ts";
import { colorSheet, planeSheet } from "./filter_tiles.ts";
import type { Image } from "./image.ts";
import { kernelAxes, kernelFacts, type KernelKind, kernelWords, takeApart } from "./kernel.ts";
import { sentence, shownText } from "./numbers.ts";
import { panelFigure, type PanelGrid } from "./panels.ts";
import { type Plane, rangeOf } from "./plane.ts";

/** Options of {@linkcode filterSheet}. */
export interface FilterSheetOptions {
  /** First line of the sheet; default says the kind and the shape. */
  readonly title?: string;
  /** What the axes mean; default `"conv2d"` for four axes, `"conv1d"` for three, `"dense"` for two. */
  readonly kind?: KernelKind;
  /**
   * Whether one scale serves the whole layer, so that filters can be compared (default), or each
   * filter has its own, so that weak ones can be seen too.
   */
  readonly normalize?: "layer" | "filter";
  /** Default `"blue-white-red"`, symmetric around zero. Not used where filters are shown as RGB. */
  readonly colormap?: Colormap;
  /**
   * Whether a filter's planes are shown as one RGB picture, mid-grey for zero; default: when there
   * are exactly three planes and neither `colormap` nor `grid` is given.
   */
  readonly rgb?: boolean;
  /** The article's figure instead of a sheet: so many panels, titled `Weight 0`, `Weight 1`, … */
  readonly grid?: PanelGrid;
}

/**
 * Draws the filters of a layer.
 *
 * A filter with three planes (a convolution of colour pictures; a transposed convolution that makes
 * them) is one RGB picture, mid-grey where a weight is zero. Other filters fill one row each, one
 * tile per plane, blue for negative and red for positive weights. A filter of signals is one tile, with
 * a row for each channel; of a depthwise kernel every output channel has a tile. Dense weights are one
 * heat map.
 * Tiles are enlarged by whole factors; when there are too many, the first are shown and the subtitle
 * says how many of how many. The range of values is always stated; NaN and infinities are magenta.
 *
 * @param kernel The weights, laid out as {@linkcode KernelKind} says; not changed.
 * @param options Title, kind, scale and colours.
 * @throws {DeconvError} When the kernel does not have the axes its kind needs, or is empty.
 *
 * @example
 * ```ts
 * import { encodePng, filterSheet, tensor } from "@deconv/deconv";
 * const weights = Float32Array.from({ length: 3 * 3 * 3 * 8 }, (_, i) => Math.sin(i));
 * const sheet = filterSheet(tensor(weights, [3, 3, 3, 8]), { title: "enc1" });
 * console.log(encodePng(sheet).length > 0); // true
 * ```
 */
export function filterSheet(kernel: Tensor, options: FilterSheetOptions = {}): Image {
  const kind = options.kind ?? defaultKind(kernel);
  if (kind !== "dense" && !Object.hasOwn(kernelWords, kind)) {
    throw new DeconvError(
      `Unknown kind of filters "${kind}": choose one of ${
        [...Object.keys(kernelWords), "dense"].join(", ")
      }`,
    );
  }
  const axes = kernelAxes(kind);
  if (kernel.shape.length !== axes || sizeOf(kernel.shape) === 0) {
    throw new DeconvError(
      `Cannot draw ${kind} filters of shape ${shapeText(kernel.shape)}: ` +
        `${axes} axes, none empty, are needed`,
    );
  }
  const title = options.title ?? `${kind} kernel ${shapeText(kernel.shape)}`;
  colormapTable(options.colormap ?? "gray");
  const range = rangeOf(kernel.data);
  if (options.grid) return articleFigure(kernel, { ...options, title, kind, grid: options.grid });
  const { colormap, normalize = "layer" } = options;
  const drawing = { title, own: normalize === "filter", colormap, range };
  if (kind === "dense") return denseSheet(kernel, drawing);
  const parts = takeApart(kernel, kind);
  const rgb = options.rgb ?? (parts.planes === 3 && kernelAxes(kind) === 4 && !colormap);
  if (rgb && (parts.planes !== 3 || kernelAxes(kind) !== 4)) {
    const why = kernelAxes(kind) !== 4 || parts.note
      ? `those of a ${kind} are no pictures`
      : `they have ${parts.planes} ${parts.words.plane}s, not 3`;
    throw new DeconvError(
      `Cannot draw filters of shape ${shapeText(kernel.shape)} as RGB: ${why}`,
    );
  }
  return rgb ? colorSheet(parts, drawing) : planeSheet(parts, drawing);
}

function defaultKind({ shape: { length } }: Tensor): KernelKind {
  return length === 2 ? "dense" : length === 3 ? "conv1d" : "conv2d";
}

/** The article's figure: one slice a panel, each on its own range, in grey unless told otherwise. */
function articleFigure(
  kernel: Tensor,
  options: FilterSheetOptions & { title: string; kind: KernelKind; grid: PanelGrid },
): Image {
  const { title, kind, grid, colormap = "gray", normalize = "filter" } = options;
  const parts = kind === "dense" ? undefined : takeApart(kernel, kind);
  const [rows, columns] = kernel.shape;
  const planes: Plane[] = !parts
    ? [{
      data: kernel.data,
      width: columns,
      height: rows,
      offset: 0,
      rowStride: columns,
      columnStride: 1,
    }]
    : [];
  for (let f = 0; parts && f < Math.min(parts.filters, grid.rows * grid.columns); f++) {
    planes.push(parts.slice(f, 0));
  }
  const filters = parts?.filters ?? 1;
  const words = parts?.words ?? kernelWords.conv2d;
  const which = !parts ? "The whole matrix" : sentence(
    shownText(planes.length, filters, words.filter),
    parts?.note ?? `${words.plane} 0 of each`,
  );
  return panelFigure(planes, {
    title,
    subtitle: [kernelFacts(kernel, rangeOf(kernel.data)), which],
    heading: (i) => `Weight ${i}`,
    colormap,
    grid,
    shared: normalize === "layer",
  });
}
