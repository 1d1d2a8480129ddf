import assert from "node:assert/strict";
import { axisPosition, makeAxis } from "../core/image/axis.ts";
import { createImage, type Image, pixelAt } from "../core/image/image.ts";
import { lossCurve } from "../core/image/plot.ts";
import { rasterize } from "../core/image/raster.ts";
import { escapeXml } from "../core/image/svg.ts";
import { hexColor, seriesColors, theme } from "../core/image/theme.ts";
import { showsText } from "./golden/image/compare.ts";

/** What is wrong with an XML document; empty when it is well formed. */
function xmlFault(xml: string): string {
  const open: string[] = [];
  let rest = xml;
  while (rest !== "") {
    const text = /^[^<]+/.exec(rest)?.[0];
    if (text !== undefined) {
      if (/&(?!(amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/i.test(text)) return `bare & in ${text}`;
      if (open.length === 0 && text.trim() !== "") return `text outside: ${text}`;
      rest = rest.slice(text.length);
      continue;
    }
    const tag = /^<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/.exec(rest);
    if (!tag) return `bad tag: ${rest.slice(0, 40)}`;
    const names = [...tag[3].matchAll(/([\w:-]+)=/g)].map((match) => match[1]);
    if (new Set(names).size !== names.length) return `attribute twice: ${tag[0]}`;
    if (/&(?!(amp|lt|gt|quot|apos);)/.test(tag[3])) return `bare & in ${tag[0]}`;
    if (tag[1]) { if (open.pop() !== tag[2]) return `does not match: ${tag[0]}`; }
    else if (!tag[4]) open.push(tag[2]);
    rest = rest.slice(tag[0].length);
  }
  // deno-lint-ignore no-control-regex -- exactly the characters XML 1.0 forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(xml)) return "control character";
  return open.length === 0 ? "" : `left open: ${open}`;
}

/** How many pixels are close to a colour. */
function near(image: Image, color: readonly number[]): number {
  let found = 0;
  for (let i = 0; i < image.data.length; i += 4) {
    if (color.every((part, j) => Math.abs(image.data[i + j] - part) < 8)) found++;
  }
  return found;
}

Deno.test("xmlFault (of these tests) finds faults", () => {
  assert.equal(xmlFault('<a b="1"><c/>x &amp; y</a>\n'), "");
  for (
    const bad of ["<a>", "<a></b>", "<a>&</a>", '<a b="<"/>', "<a b=1/>", "<a>\u0001</a>", "x<a/>"]
  ) {
    assert.notEqual(xmlFault(bad), "", bad);
  }
});

Deno.test("lossCurve: PNG and SVG show the same words and lines", () => {
  const { image, svg } = lossCurve([
    { name: "loss", values: [0.69, 0.61, 0.58, 0.571] },
    { name: "val_loss", values: [0.68, 0.62, 0.6, 0.5961] },
  ], { title: "article-cnn", subtitle: "CIFAR-10" });
  assert.equal(xmlFault(svg), "");
  assert.match(
    svg,
    /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="800" height="460" viewBox="0 0 800 460"/,
  );
  assert.deepEqual([image.width, image.height], [800, 460]);
  for (const text of ["CIFAR-10", "loss", "val_loss"]) {
    assert.ok(svg.includes(`>${text}</text>`), text);
    assert.ok(showsText(image, text), text);
  }
  assert.ok(svg.includes(">0.571</text>") && svg.includes(">0.5961</text>"), "last values");
  assert.ok(svg.includes("<title>article-cnn</title>"));
  for (const color of seriesColors.slice(0, 2)) {
    assert.ok(near(image, color) > 400);
    assert.equal(svg.split(`stroke="${hexColor(color)}"`).length - 1, 2, "legend and line");
  }
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)];
  assert.equal(dots.length, 8);
  for (const [, x, y] of dots) {
    const color = pixelAt(image, { x: Math.floor(Number(x)), y: Math.floor(Number(y)) });
    assert.ok(
      seriesColors.some((series) => series.every((part, i) => Math.abs(part - color[i]) < 8)),
    );
  }
});

Deno.test("lossCurve: larger values are higher, later ones further right", () => {
  const { svg } = lossCurve([{ name: "a", values: [3, 1, 2] }]);
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((m) => [+m[1], +m[2]]);
  assert.ok(dots[0][0] < dots[1][0] && dots[1][0] < dots[2][0]);
  assert.ok(dots[0][1] < dots[2][1] && dots[2][1] < dots[1][1]);
  assert.ok(Math.abs((dots[0][1] + dots[1][1]) / 2 - dots[2][1]) < 0.02);
});

Deno.test("lossCurve: text that means something to XML or cannot be in it is escaped", () => {
  const { svg } = lossCurve([{ name: 'a<b>&"c"', values: [1, 2] }], {
    title: "x < y & z\u0000\ud800",
    yLabel: "</svg>",
  });
  assert.equal(xmlFault(svg), "");
  assert.ok(svg.includes("x &lt; y &amp; z\ufffd\ufffd"));
  assert.equal(escapeXml('<&>"'), "&lt;&amp;&gt;&quot;");
});

Deno.test("lossCurve: one value, equal values and no value at all", () => {
  const one = lossCurve([{ name: "loss", values: [0.5] }]);
  assert.equal((one.svg.match(/<circle/g) ?? []).length, 1);
  assert.ok(!one.svg.includes("NaN") && !one.svg.includes("Infinity"));
  const flat = lossCurve([{ name: "loss", values: [0, 0, 0] }]);
  assert.ok(!flat.svg.includes("NaN"));
  assert.equal((flat.svg.match(/<circle/g) ?? []).length, 3);
  for (const scale of ["linear", "log"] as const) {
    const none = lossCurve([], { scale });
    assert.ok(none.svg.includes("There is nothing to draw yet"));
    assert.equal(xmlFault(none.svg), "");
    const empty = lossCurve([{ name: "loss", values: [NaN] }], { scale });
    assert.ok(empty.svg.includes("No value can be drawn"));
    assert.ok(showsText(empty.image, "1 value NaN or infinite, left out"));
    const tiny = lossCurve([{ name: "loss", values: [1e-30, 1e-30] }], { scale });
    assert.ok(!tiny.svg.includes("NaN"));
  }
});

Deno.test("lossCurve: NaN leaves a gap and is counted", () => {
  const values = [5, 4, NaN, 3, 2, Infinity, 1];
  const { svg } = lossCurve([{ name: "loss", values }]);
  const lines = [...svg.matchAll(/<polyline points="([^"]+)"/g)].map((m) => m[1].split(" ").length);
  assert.deepEqual(lines, [2, 2, 2], "legend, two runs; the lone last value is a dot");
  assert.equal((svg.match(/<circle/g) ?? []).length, 5);
  assert.ok(svg.includes("2 values NaN or infinite, left out"));
});

Deno.test("lossCurve: a log scale leaves out what is not positive and is straight for decay", () => {
  const values = [1, 0.1, 0.01, 0.001, 0, -1];
  const { svg } = lossCurve([{ name: "loss", values }], { scale: "log" });
  const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map((m) => +m[1]);
  assert.equal(heights.length, 4);
  const steps = heights.slice(1).map((y, i) => y - heights[i]);
  for (const step of steps) assert.ok(Math.abs(step - steps[0]) < 0.05);
  assert.ok(svg.includes("2 values not positive, left out of the log scale"));
  for (const tick of ["1", "0.1", "0.01", "0.001"]) assert.ok(svg.includes(`>${tick}</text>`));
});

Deno.test("lossCurve: many steps are thinned without losing a peak", () => {
  const values = new Float32Array(50_000).fill(1);
  values[31_234] = 9;
  const { svg } = lossCurve([{ name: "loss", values }], { xLabel: "step" });
  assert.ok(svg.length < 120_000);
  const points = svg.match(/<polyline points="([^"]{100,})"/)![1].split(" ");
  const heights = points.map((point) => Number(point.split(",")[1]));
  const top = Math.min(...heights);
  assert.ok(Math.max(...heights) - top > 200);
  assert.equal(heights.filter((y) => y === top).length, 1);
});

Deno.test("lossCurve: places given with x are used; a wrong number of them is refused", () => {
  const { svg } = lossCurve([
    { name: "loss", values: [1, 2, 3, 4, 5] },
    { name: "val_loss", values: [1, 2], x: [2, 4] },
  ]);
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map((m) => m[1]);
  assert.deepEqual([dots[5], dots[6]], [dots[1], dots[3]]);
  assert.throws(() => lossCurve([{ name: "a", values: [1], x: [] }]), {
    name: "DeconvError",
    message: 'Cannot draw series "a": it has 1 values at 0 places',
  });
  assert.throws(() => lossCurve([], { width: 10 }), { name: "DeconvError" });
});

Deno.test("lossCurve: long names are cut, many of them wrap, the chart stays inside", () => {
  const series = Array.from(
    { length: 9 },
    (_, i) => ({ name: `${i} `.repeat(80), values: [i, 1] }),
  );
  const { svg } = lossCurve(series, { title: "t ".repeat(300), width: 480, height: 600 });
  assert.equal(xmlFault(svg), "");
  for (const [, x] of svg.matchAll(/<text x="([\d.]+)"/g)) assert.ok(Number(x) <= 480 - 20);
  assert.ok(svg.includes("…"));
});

Deno.test("axis: ticks are round numbers that hold the range", () => {
  assert.deepEqual(makeAxis(0.551, 0.69, { count: 5 }).labels, ["0.55", "0.60", "0.65", "0.70"]);
  assert.deepEqual(makeAxis(1, 12, { count: 6, whole: true }).labels, [
    "2",
    "4",
    "6",
    "8",
    "10",
    "12",
  ]);
  assert.deepEqual(makeAxis(1, 1, { whole: true }).labels, ["1"]);
  assert.deepEqual(makeAxis(-1, 1, { count: 4 }).labels, ["−1.0", "−0.5", "0", "0.5", "1.0"]);
  assert.deepEqual(makeAxis(0, 20000, { count: 4 }).labels, [
    "0",
    "5,000",
    "10,000",
    "15,000",
    "20,000",
  ]);
  assert.deepEqual(makeAxis(0, 2e-5, { count: 4 }).labels, ["0", "5e−6", "1e−5", "1.5e−5", "2e−5"]);
  assert.deepEqual(makeAxis(0.001, 1, { scale: "log" }).labels, ["0.001", "0.01", "0.1", "1"]);
  for (const [low, high] of [[0.5, 0.5], [0, 0], [-3, 7e9], [1e-12, 2e-12], [0.3333, 0.3334]]) {
    const axis = makeAxis(low, high);
    const slack = 1e-9 * (axis.high - axis.low);
    assert.ok(axis.low <= low + slack && axis.high >= high - slack && axis.high > axis.low);
    assert.ok(axis.ticks.length >= 2 && axis.ticks.length <= 14, `${axis.ticks.length}`);
    assert.equal(new Set(axis.labels).size, axis.labels.length, axis.labels.join());
    assert.equal(axisPosition(axis, axis.low), 0);
    assert.equal(axisPosition(axis, axis.high), 1);
  }
  for (const [low, high] of [[0.5, 0.5], [0.4, 0.6], [1e-8, 3], [2, 9]]) {
    const axis = makeAxis(low, high, { scale: "log" });
    assert.ok(axis.low <= low && axis.high >= high && axis.ticks.length >= 2, `${low} ${high}`);
    assert.ok(axis.ticks.every((tick) => tick >= axis.low * 0.999 && tick <= axis.high * 1.001));
  }
});

Deno.test("raster: a line is as wide as asked, smooth, and not darker at its corners", () => {
  const line = { kind: "line", stroke: theme.ink, width: 3 } as const;
  const across = rasterize({
    width: 40,
    height: 20,
    title: "",
    marks: [{ ...line, points: [{ x: 5, y: 10.5 }, { x: 20, y: 10.5 }, { x: 35, y: 10.5 }] }],
  });
  const column = Array.from({ length: 20 }, (_, y) => pixelAt(across, { x: 20, y })[0]);
  assert.deepEqual(column.slice(8, 13), [255, theme.ink[0], theme.ink[0], theme.ink[0], 255]);
  const slope = rasterize({
    width: 40,
    height: 40,
    title: "",
    marks: [{ ...line, points: [{ x: 2, y: 2 }, { x: 38, y: 30 }] }],
  });
  let ink = 0;
  for (let i = 0; i < slope.data.length; i += 4) {
    ink += (255 - slope.data[i]) / (255 - theme.ink[0]);
  }
  const length = Math.hypot(36, 28);
  assert.ok(Math.abs(ink - (3 * length + Math.PI * 1.5 ** 2)) < 0.06 * 3 * length, `${ink}`);
  const nothing = rasterize({ width: 3, height: 3, title: "", marks: [] });
  assert.deepEqual(nothing, createImage(3, 3));
});
