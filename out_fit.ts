// Compare the rule with measured times of both ways, forward-like single-table passes and all dX.
import { parseGeometry } from "./bench/geometry.ts";
import { forwardTaps, inputGradientTaps } from "./core/taps.ts";
import { chooseAlgorithm } from "./core/algorithm.ts";
const rows = JSON.parse(Deno.readTextFileSync("/tmp/cmp_base.json"));
let wrong = 0, cliff = 0, best = 0;
const lines: [number, string][] = [];
for (const { op, pass, text, g: [o, p, f] } of rows) {
  const geo = parseGeometry(text);
  const back = pass !== "dW" && (pass === "dX") !== (op === "conv2d_transpose");
  const tables = back ? inputGradientTaps(geo) : [forwardTaps(geo)];
  const kinds = tables.map((t) =>
    chooseAlgorithm(t, "fast", pass === "dW" ? "kernel" : "pixels").kind
  );
  const pl = kinds.some((k) => k === "planar");
  const got = pl ? p : o, other = pl ? o : p;
  if (got < f / 3) cliff++;
  if (Math.max(o, p) < f / 3) best++;
  if (other > got * 1.1 && got < f / 1.5) {
    wrong++;
    lines.push([
      got / other,
      `${pass} ${back ? "back" : "fwd"} ${pl ? "planar" : kinds[0]} got ${got.toFixed(2)} other ${
        other.toFixed(2)
      } fr ${f.toFixed(2)} ${text}${got < f / 3 ? " CLIFF" : ""}`,
    ]);
  }
}
lines.sort((a, b) => a[0] - b[0]);
for (const l of lines) console.log(l[0].toFixed(2), l[1]);
console.log({ wrong, cliff, best, n: rows.length });
