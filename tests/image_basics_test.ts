import assert from "node:assert/strict";
import { decode } from "fast-png";
import { DeconvError } from "../core/errors.ts";
import { type Colormap, colormapNames, colormapTable, colorOf } from "../core/image/colormap.ts";
import {
  blendPixel,
  blit,
  createImage,
  fillRect,
  joinImages,
  pixelAt,
  shrinkToFit,
  stackImages,
  strokeRect,
  upscale,
} from "../core/image/image.ts";
import {
  countText,
  notFiniteText,
  numberText,
  rangeText,
  shownText,
} from "../core/image/numbers.ts";
import { paintColor, paintPlane, type Plane, rangeOf, scaleFor } from "../core/image/plane.ts";
import { encodePng } from "../core/image/png.ts";
import { hexColor, type Rgb, seriesColors, theme } from "../core/image/theme.ts";
import { noise } from "./golden/image/compare.ts";

const red: Rgb = [255, 0, 0];

function plane(values: number[], width: number): Plane {
  const data = Float32Array.from(values);
  const height = values.length / width;
  return { data, width, height, offset: 0, rowStride: width, columnStride: 1 };
}

Deno.test("image: a new picture is opaque and of one colour", () => {
  const image = createImage(3, 2, red);
  assert.equal(image.data.length, 24);
  assert.deepEqual([...image.data.subarray(20)], [255, 0, 0, 255]);
});

Deno.test("image: sides that are not positive whole numbers are refused", () => {
  for (const [width, height] of [[0, 1], [1, -1], [1.5, 2], [NaN, 1]]) {
    assert.throws(() => createImage(width, height), DeconvError);
  }
});

Deno.test("image: filling, framing and copying stay inside the picture", () => {
  const image = createImage(4, 4);
  fillRect(image, { x: 2, y: 2, width: 9, height: 9 }, red);
  assert.deepEqual(pixelAt(image, { x: 3, y: 3 }), red);
  assert.deepEqual(pixelAt(image, { x: 1, y: 3 }), theme.paper);
  blit(image, createImage(3, 3, [0, 0, 255]), { x: -1, y: -2 });
  assert.deepEqual(pixelAt(image, { x: 1, y: 0 }), [0, 0, 255]);
  assert.deepEqual(pixelAt(image, { x: 2, y: 0 }), theme.paper);
  assert.deepEqual(pixelAt(image, { x: 0, y: 1 }), theme.paper);
  blit(image, createImage(3, 3, red), { x: 40, y: 0 });
  const framed = createImage(3, 3);
  strokeRect(framed, { x: 0, y: 0, width: 3, height: 3 }, red);
  assert.deepEqual(pixelAt(framed, { x: 1, y: 1 }), theme.paper);
  assert.deepEqual(pixelAt(framed, { x: 2, y: 1 }), red);
});

Deno.test("image: blending mixes, and leaves the picture outside alone", () => {
  const image = createImage(1, 1, [0, 0, 0]);
  blendPixel(image, { x: 0, y: 0 }, [200, 100, 0], 0.5);
  blendPixel(image, { x: 5, y: 0 }, red, 1);
  assert.deepEqual(pixelAt(image, { x: 0, y: 0 }), [100, 50, 0]);
});

Deno.test("image: upscaling repeats each pixel as a square", () => {
  const image = createImage(2, 1);
  fillRect(image, { x: 1, y: 0, width: 1, height: 1 }, red);
  const large = upscale(image, 3);
  assert.deepEqual([large.width, large.height], [6, 3]);
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 6; x++) {
      assert.deepEqual(pixelAt(large, { x, y }), x < 3 ? theme.paper : red);
    }
  }
  assert.throws(() => upscale(image, 1.5), DeconvError);
});

Deno.test("image: shrinking averages areas and keeps the mean", () => {
  const image = createImage(10, 10, [0, 0, 0]);
  fillRect(image, { x: 5, y: 0, width: 5, height: 10 }, [200, 200, 200]);
  const small = shrinkToFit(image, { width: 3, height: 99 });
  assert.deepEqual([small.width, small.height], [3, 3]);
  assert.deepEqual([0, 1, 2].map((x) => pixelAt(small, { x, y: 1 })[0]), [0, 100, 200]);
  assert.equal(shrinkToFit(image, { width: 10, height: 10 }), image);
});

Deno.test("image: stacking and joining add sizes and gaps", () => {
  const [a, b] = [createImage(4, 2, red), createImage(2, 6, [0, 0, 255])];
  const stacked = stackImages([a, b], { gap: 3, align: "end" });
  assert.deepEqual([stacked.width, stacked.height], [4, 11]);
  assert.deepEqual(pixelAt(stacked, { x: 3, y: 5 }), [0, 0, 255]);
  assert.deepEqual(pixelAt(stacked, { x: 1, y: 5 }), theme.paper);
  const joined = joinImages([a, b], { gap: 1, align: "center" });
  assert.deepEqual([joined.width, joined.height], [7, 6]);
  assert.deepEqual(pixelAt(joined, { x: 0, y: 2 }), red);
  assert.deepEqual(pixelAt(joined, { x: 0, y: 1 }), theme.paper);
});

Deno.test("png: decoding gives back the pixels, and the bytes are the same each time", () => {
  const image = createImage(37, 23);
  noise(37 * 23 * 4).forEach((v, i) => (i % 4 === 3) || (image.data[i] = 128 + 127 * v));
  const png = encodePng(image);
  const back = decode(png, { checkCrc: true });
  assert.deepEqual([back.width, back.height, back.channels], [37, 23, 3]);
  for (let i = 0; i < 37 * 23; i++) {
    for (let part = 0; part < 3; part++) {
      assert.equal(back.data[3 * i + part], image.data[4 * i + part]);
    }
  }
  assert.deepEqual(encodePng(image), png);
});

Deno.test("png: a picture that is not opaque keeps its alpha", () => {
  const image = createImage(2, 1, red);
  image.data[3] = 7;
  const back = decode(encodePng(image));
  assert.equal(back.channels, 4);
  assert.deepEqual([...back.data], [255, 0, 0, 7, 255, 0, 0, 255]);
});

Deno.test("colormap: ends and middle are the published colours", () => {
  const ends: Record<Colormap, [string, string]> = {
    gray: ["#000000", "#ffffff"],
    viridis: ["#440154", "#fde725"],
    magma: ["#000004", "#fcfdbf"],
    "blue-white-red": ["#053061", "#67001f"],
  };
  for (const colormap of colormapNames) {
    const at = (value: number) => hexColor(colorOf(value, { colormap, low: -2, high: 2 }));
    assert.deepEqual([at(-2), at(2)], ends[colormap]);
    assert.deepEqual([at(-1e9), at(1e9)], ends[colormap], "outside is clipped");
  }
  const zero = colorOf(0, { colormap: "blue-white-red", low: -0.3, high: 0.3 });
  assert.equal(hexColor(zero), "#f7f7f7");
});

Deno.test("colormap: lightness of the sequential maps only grows, that of the other one peaks at 0", () => {
  const lightness = (colormap: Colormap) => {
    const table = colormapTable(colormap);
    return Array.from({ length: 511 }, (_, i) => {
      const [r, g, b] = [0, 1, 2].map((part) => (table[3 * i + part] / 255) ** 2.2);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
  };
  for (const colormap of ["gray", "viridis", "magma"] as const) {
    const values = lightness(colormap);
    values.slice(1).forEach((value, i) =>
      assert.ok(value >= values[i] - 0.004, `${colormap} ${i}`)
    );
    assert.ok(values[510] - values[0] > 0.7);
  }
  const values = lightness("blue-white-red");
  assert.equal(values.indexOf(Math.max(...values)), 255);
});

Deno.test("colormap: magenta for what is not finite is in no map", () => {
  for (const colormap of colormapNames) {
    for (const value of [NaN, Infinity, -Infinity]) {
      assert.deepEqual(colorOf(value, { colormap, low: 0, high: 1 }), theme.notFinite);
    }
    const table = colormapTable(colormap);
    for (let i = 0; i < 511; i++) {
      assert.ok(
        Math.abs(table[3 * i] - 255) + table[3 * i + 1] + Math.abs(table[3 * i + 2] - 255) > 90,
      );
    }
  }
});

Deno.test("colormap: an unknown name is refused with the list of names", () => {
  assert.throws(() => colorOf(0, { colormap: "jet" as Colormap, low: 0, high: 1 }), {
    name: "DeconvError",
    message: 'Unknown colormap "jet": choose one of gray, viridis, magma, blue-white-red',
  });
});

Deno.test("scale: symmetric, from zero, or from the smallest; zero extent divides by nothing", () => {
  const range = { low: -1, high: 3, notFinite: 0 };
  assert.deepEqual(scaleFor(range, "blue-white-red"), {
    colormap: "blue-white-red",
    low: -3,
    high: 3,
  });
  assert.deepEqual(scaleFor({ ...range, low: 1 }, "magma"), { colormap: "magma", low: 0, high: 3 });
  assert.deepEqual(scaleFor({ ...range, low: 1 }, "gray"), { colormap: "gray", low: 1, high: 3 });
  const none = { low: 0, high: 0 };
  assert.equal(hexColor(colorOf(0, { colormap: "blue-white-red", ...none })), "#f7f7f7");
  assert.equal(hexColor(colorOf(0, { colormap: "magma", ...none })), "#000004");
});

Deno.test("plane: ranges skip what is not finite and count it", () => {
  const values = Float32Array.of(3, NaN, -2, Infinity, 0);
  assert.deepEqual(rangeOf(values), { low: -2, high: 3, notFinite: 2 });
  assert.deepEqual(rangeOf(Float32Array.of(NaN)), { low: 0, high: 0, notFinite: 1 });
});

Deno.test("plane: strides pick the right numbers, NaN becomes magenta", () => {
  // [height 2, width 2, channels 2]: channel 1 is 1 3 / NaN 7
  const data = Float32Array.of(0, 1, 0, 3, 0, NaN, 0, 7);
  const channel = { data, width: 2, height: 2, offset: 1, rowStride: 4, columnStride: 2 };
  const image = paintPlane(channel, { colormap: "gray", low: 1, high: 7 });
  assert.deepEqual(pixelAt(image, { x: 0, y: 0 }), [0, 0, 0]);
  assert.deepEqual(pixelAt(image, { x: 1, y: 0 }), [85, 85, 85]);
  assert.deepEqual(pixelAt(image, { x: 0, y: 1 }), theme.notFinite);
  assert.deepEqual(pixelAt(image, { x: 1, y: 1 }), [255, 255, 255]);
});

Deno.test("plane: three planes are red, green and blue; zero is mid-grey on a symmetric scale", () => {
  const [r, g, b] = [plane([1, 0, 9, 0], 4), plane([-1, 0, 0, 0], 4), plane([0, 0, 0, NaN], 4)];
  const image = paintColor([r, g, b], { low: -1, high: 1 });
  assert.deepEqual(pixelAt(image, { x: 0, y: 0 }), [255, 0, 128]);
  assert.deepEqual(pixelAt(image, { x: 1, y: 0 }), [128, 128, 128]);
  assert.deepEqual(pixelAt(image, { x: 2, y: 0 }), [255, 128, 128]);
  assert.deepEqual(pixelAt(image, { x: 3, y: 0 }), theme.notFinite);
});

Deno.test("numbers: short, with a real minus sign", () => {
  const texts: [number, string][] = [
    [0, "0"],
    [-0, "0"],
    [0.123456, "0.123"],
    [-0.5, "−0.5"],
    [1234.5678, "1234.57"],
    [0.00012, "1.2e−4"],
    [-2e-9, "−2e−9"],
    [123456, "1.23e5"],
    [1, "1"],
    [NaN, "NaN"],
    [-Infinity, "−∞"],
  ];
  for (const [value, text] of texts) assert.equal(numberText(value), text);
  assert.equal(numberText(0.123456, 5), "0.12346");
});

Deno.test("numbers: ranges, counts and caps are said in words", () => {
  assert.equal(rangeText({ low: -0.31, high: 0.42 }), "−0.31 … 0.42");
  assert.equal(rangeText({ low: 2, high: 2 }), "2 everywhere");
  assert.equal(countText(1234567), "1,234,567");
  assert.equal(countText(999), "999");
  assert.equal(shownText(32, 1024, "filter"), "first 32 of 1,024 filters");
  assert.equal(shownText(32, 32, "filter"), "32 filters");
  assert.equal(shownText(1, 1, "filter"), "1 filter");
  assert.equal(notFiniteText({ notFinite: 0 }), "");
  assert.equal(notFiniteText({ notFinite: 1 }), "1 value is NaN or infinite (magenta)");
});

Deno.test("theme: text stands out from paper and card, series from paper", () => {
  const luminance = (color: Rgb) => {
    const [r, g, b] = color.map((c) =>
      c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: Rgb, b: Rgb) => {
    const [high, low] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (high + 0.05) / (low + 0.05);
  };
  for (const ink of [theme.ink, theme.muted]) assert.ok(contrast(ink, theme.panel) >= 4.5);
  assert.ok(contrast(theme.faint, theme.paper) >= 4.5);
  for (const color of seriesColors) assert.ok(contrast(color, theme.paper) >= 2.5);
});
