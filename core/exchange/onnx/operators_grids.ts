/** Reading pictures and volumes at places between pixels. */
import { zerosOf } from "../../formats/onnx/array.ts";
import { sizeOf } from "../../tensor.ts";
import type { Converter } from "./site.ts";

/** Weights of four neighbours, the second being `part` in front of the place (Keys, a = −0.75). */
function cubicWeights(part: number): number[] {
  const a = -0.75;
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((d - 5) * d + 8) * a * d - 4 * a;
  return [far(part + 1), near(part), near(1 - part), far(2 - part)];
}

/** A place folded back into the range from `low` to `high`. */
function reflected(place: number, low: number, high: number): number {
  const range = high - low;
  if (range <= 0) return low;
  const at = Math.abs(place - low) % (2 * range);
  return low + (at <= range ? at : 2 * range - at);
}

const gridSample: Converter = (site) => {
  const x = site.array(0), grid = site.array(1), [count, channels, ...sizes] = x.shape;
  const rank = sizes.length, out = grid.shape.slice(1, -1), places = sizeOf(out);
  if (grid.shape.at(-1) !== rank || grid.shape[0] !== count) {
    throw site.fail("its grid does not fit");
  }
  const mode = site.text("mode", "linear").replace(/^bi(?=linear|cubic)/, ""),
    padding = site.text("padding_mode", "zeros");
  const corners = site.number("align_corners", 0) === 1, pixels = sizeOf(sizes);
  const to = zerosOf(x.type, [count, channels, ...out]);
  /** The pixel of an axis that a neighbour is, −1 for none. */
  const pixelOf = (at: number, size: number) => {
    if (at >= 0 && at < size) return at;
    if (padding === "border") return Math.min(Math.max(at, 0), size - 1);
    if (padding !== "reflection") return -1;
    const [low, high] = corners ? [0, size - 1] : [-0.5, size - 0.5];
    return Math.min(Math.max(Math.round(reflected(at, low, high)), 0), size - 1);
  };
  const neighbours = (where: number, size: number): [number, number][] => {
    const scaled = corners ? (where + 1) / 2 * (size - 1) : ((where + 1) * size - 1) / 2;
    let at = scaled;
    if (padding === "border") at = Math.min(Math.max(at, 0), size - 1);
    if (padding === "reflection") {
      at = reflected(at, corners ? 0 : -0.5, corners ? size - 1 : size - 0.5);
    }
    if (mode === "nearest") {
      const near = Math.round(at),
        even = Math.abs(at % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
      return [[even, 1]];
    }
    const read = mode === "cubic" ? scaled : at, first = Math.floor(read), part = read - first;
    if (mode === "cubic") return cubicWeights(part).map((w, i) => [first - 1 + i, w]);
    return [[first, 1 - part], [first + 1, part]];
  };
  for (let n = 0; n < count; n++) {
    for (let p = 0; p < places; p++) {
      // The grid has the last axis first.
      let taps: [number, number][] = [[0, 1]];
      sizes.forEach((size, axis) => {
        const where = grid.data[(n * places + p) * rank + rank - 1 - axis],
          own = neighbours(where, size);
        taps = taps.flatMap(([base, weight]) =>
          own.map(([at, w]): [number, number] => {
            const pixel = pixelOf(at, size);
            return pixel < 0 || base < 0 ? [-1, 0] : [base * size + pixel, weight * w];
          })
        );
      });
      for (let c = 0; c < channels; c++) {
        const from = (n * channels + c) * pixels;
        to.data[(n * channels + c) * places + p] = taps.reduce(
          (sum, [at, weight]) => at < 0 ? sum : sum + weight * x.data[from + at],
          0,
        );
      }
    }
  }
  return [to];
};

const affineGrid: Converter = (site) => {
  const theta = site.array(0), [count, , ...sizes] = site.numbers(1)!, rank = sizes.length;
  const corners = site.number("align_corners", 0) === 1, places = sizeOf(sizes);
  const to = zerosOf(theta.type, [count, ...sizes, rank]);
  for (let n = 0; n < count; n++) {
    for (let p = 0; p < places; p++) {
      const place = sizes.map((size, axis) => {
        const at = Math.floor(p / sizeOf(sizes.slice(axis + 1))) % size;
        return corners ? size > 1 ? 2 * at / (size - 1) - 1 : 0 : (2 * at + 1) / size - 1;
      }).reverse();
      for (let row = 0; row < rank; row++) {
        const base = (n * rank + row) * (rank + 1);
        to.data[(n * places + p) * rank + row] = place.reduce(
          (sum, at, k) => sum + theta.data[base + k] * at,
          theta.data[base + rank],
        );
      }
    }
  }
  return [to];
};

/** The four pixels around a place and what they count; none for a place far outside. */
function corners(y: number, x: number, height: number, width: number): [number, number][] {
  if (y < -1 || y > height || x < -1 || x > width) return [];
  const axis = (at: number, size: number): [number, number, number] => {
    const inside = Math.max(at, 0), low = Math.min(Math.floor(inside), size - 1);
    return low >= size - 1 ? [size - 1, size - 1, 0] : [low, low + 1, inside - low];
  };
  const [top, bottom, down] = axis(y, height), [left, right, across] = axis(x, width);
  return [
    [top * width + left, (1 - down) * (1 - across)],
    [top * width + right, (1 - down) * across],
    [bottom * width + left, down * (1 - across)],
    [bottom * width + right, down * across],
  ];
}

const roiAlign: Converter = (site) => {
  const x = site.array(0), rois = site.array(1), owner = site.array(2);
  const [, channels, height, width] = x.shape, count = rois.shape[0];
  const rows = site.number("output_height", 1), columns = site.number("output_width", 1);
  const scale = site.number("spatial_scale", 1), ratio = site.number("sampling_ratio", 0);
  const halfPixel = site.text(
    "coordinate_transformation_mode",
    site.context.opset < 16 ? "output_half_pixel" : "half_pixel",
  ) === "half_pixel";
  const largest = site.text("mode", "avg") === "max";
  const to = zerosOf(x.type, [count, channels, rows, columns]);
  for (let r = 0; r < count; r++) {
    const [left, top, right, bottom] = [0, 1, 2, 3].map((i) =>
      rois.data[r * 4 + i] * scale - (halfPixel ? 0.5 : 0)
    );
    const least = halfPixel ? 0 : 1;
    const [high, wide] = [
      Math.max(bottom - top, least) / rows,
      Math.max(right - left, least) / columns,
    ];
    const steps = [high, wide].map((size) => Math.max(ratio > 0 ? ratio : Math.ceil(size), 1));
    for (let cell = 0; cell < rows * columns; cell++) {
      const i = Math.floor(cell / columns), j = cell % columns;
      for (let c = 0; c < channels; c++) {
        const from = (owner.data[r] * channels + c) * height * width;
        let sum = 0, most = -Infinity;
        for (let s = 0; s < steps[0] * steps[1]; s++) {
          const down = (Math.floor(s / steps[1]) + 0.5) / steps[0];
          const across = (s % steps[1] + 0.5) / steps[1];
          const found = corners(top + (i + down) * high, left + (j + across) * wide, height, width);
          for (const [at, weight] of found) {
            sum += weight * x.data[from + at];
            most = Math.max(most, weight * x.data[from + at]);
          }
        }
        const place = (r * channels + c) * rows * columns + cell;
        to.data[place] = largest ? most : sum / (steps[0] * steps[1]);
      }
    }
  }
  return [to];
};

/** Operators that read between pixels. */
export const GRID_OPERATORS: Record<string, Converter> = {
  GridSample: gridSample,
  AffineGrid: affineGrid,
  RoiAlign: roiAlign,
};
