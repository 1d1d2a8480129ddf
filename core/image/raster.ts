import { blendPixel, createImage, fillRect, type Image, type Point } from "./image.ts";
import type { Drawing, LineMark, Mark } from "./marks.ts";
import { drawText } from "./text.ts";

/** Draws marks as a picture, with smooth edges. */
export function rasterize(drawing: Drawing): Image {
  const image = createImage(drawing.width, drawing.height);
  for (const mark of drawing.marks) drawMark(image, mark);
  return image;
}

function drawMark(image: Image, mark: Mark): void {
  switch (mark.kind) {
    case "rect":
      return fillRect(image, mark, mark.fill);
    case "line":
      return drawLine(image, mark);
    case "dot": {
      const { x, y, fill: stroke, radius } = mark;
      return drawLine(image, {
        kind: "line",
        points: [{ x, y }, { x, y }],
        stroke,
        width: 2 * radius,
      });
    }
    case "text": {
      const { text, fill: color, ...place } = mark;
      return drawText(image, text, { ...place, color });
    }
  }
}

/**
 * Draws a line: each pixel is covered as far as its centre lies inside the stroke. Segments share one
 * coverage map, so that corners are not painted twice.
 */
function drawLine(image: Image, { points, stroke, width }: LineMark): void {
  const coverage = new Map<number, number>();
  const reach = width / 2 + 1;
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b] = [points[i], points[i + 1]];
    const first = Math.max(0, Math.floor(Math.min(a.x, b.x) - reach));
    const last = Math.min(image.width - 1, Math.ceil(Math.max(a.x, b.x) + reach));
    for (let x = first; x <= last; x++) {
      const { top, bottom } = strip(a, b, { x: x + 0.5, reach });
      for (let y = Math.max(0, top); y <= Math.min(image.height - 1, bottom); y++) {
        const far = distance({ x: x + 0.5, y: y + 0.5 }, a, b);
        const covered = Math.min(1, width / 2 + 0.5 - far) * Math.min(1, width);
        const at = y * image.width + x;
        if (covered > (coverage.get(at) ?? 0)) coverage.set(at, covered);
      }
    }
  }
  for (const [at, covered] of coverage) {
    blendPixel(image, { x: at % image.width, y: Math.floor(at / image.width) }, stroke, covered);
  }
}

/** The rows a segment can touch in one column of pixels, so that long slopes stay cheap. */
function strip(a: Point, b: Point, { x, reach }: { x: number; reach: number }) {
  const wide = reach + 1;
  const ends = [x - wide, x + wide].map((edge) => {
    const t = a.x === b.x ? NaN : (edge - a.x) / (b.x - a.x);
    return a.y + (b.y - a.y) * Math.min(1, Math.max(0, t));
  });
  const [top, bottom] = Number.isNaN(ends[0])
    ? [Math.min(a.y, b.y), Math.max(a.y, b.y)]
    : [Math.min(...ends), Math.max(...ends)];
  return { top: Math.floor(top - reach), bottom: Math.ceil(bottom + reach) };
}

/** From a point to the nearest point of a segment. */
function distance({ x, y }: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length));
  return Math.hypot(x - a.x - t * dx, y - a.y - t * dy);
}
