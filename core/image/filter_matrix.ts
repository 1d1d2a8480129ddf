import type { Tensor } from "../tensor.ts";
import { isDiverging } from "./colormap.ts";
import type { Image } from "./image.ts";
import { extentOf, type FilterDrawing, kernelFacts, weightLegends } from "./kernel.ts";
import { matrixBody } from "./matrix.ts";
import { numberText, sentence, shownText } from "./numbers.ts";
import { type Plane, rangeOfPlanes, scaleFor, type ValueRange } from "./plane.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";

/** Dense weights as one heat map, a row for each output unit. */
export function denseSheet(kernel: Tensor, drawing: FilterDrawing): Image {
  const { title, own, range } = drawing;
  const [inputs, outputs] = kernel.shape;
  const colormap = drawing.colormap ?? "blue-white-red";
  const whole: Plane = {
    data: kernel.data,
    width: inputs,
    height: outputs,
    offset: 0,
    rowStride: 1,
    columnStride: outputs,
  };
  const unit = (row: number): Plane => ({ ...whole, height: 1, offset: row });
  const symmetric = (r: ValueRange) => {
    const high = extentOf(r);
    return scaleFor({ low: -high, high, notFinite: 0 }, colormap);
  };
  const body = matrixBody(whole, {
    scaleOfRow: own ? (row) => symmetric(rangeOfPlanes([unit(row)])) : () => symmetric(range),
    noteOfRow: own ? (row) => `±${numberText(extentOf(rangeOfPlanes([unit(row)])))}` : undefined,
    rowAxis: "unit ↓",
    columnAxis: "input →",
    width: bodyWidth,
  });
  return composeSheet(body.image, {
    title,
    subtitle: [
      kernelFacts(kernel, range),
      sentence(
        `${shownText(body.rows, outputs, "output unit")} × ` +
          shownText(body.columns, inputs, "input"),
        isDiverging(colormap) ? "blue is negative, red positive" : "",
      ),
    ],
    legends: weightLegends(drawing, { colormap, filter: "unit" }),
  });
}
