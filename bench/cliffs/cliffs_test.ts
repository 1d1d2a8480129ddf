import { deepStrictEqual as same, ok } from "node:assert";
import { convFlops } from "../../core/geometry.ts";
import { formatGeometry, parseGeometry } from "../geometry.ts";
import { denseGeometry, friendlyGeometry } from "./friendly.ts";
import { randomGeometries } from "./random_geometries.ts";

Deno.test("random geometries are the same for the same seed, and say what they are", () => {
  const found = randomGeometries(40, 7);
  same(found, randomGeometries(40, 7));
  ok(JSON.stringify(found) !== JSON.stringify(randomGeometries(40, 8)));
  for (const { geometry } of found) same(parseGeometry(formatGeometry(geometry)), geometry);
});

Deno.test("a random geometry is a quick one", () => {
  for (const { geometry } of randomGeometries(200, 1)) ok(convFlops(geometry) < 260e6);
});

Deno.test("a friendly shape has the same kernel and pixels, round channels and nearly the same flops", () => {
  for (const { geometry } of randomGeometries(200, 1)) {
    for (const friendly of [friendlyGeometry(geometry), denseGeometry(geometry)]) {
      same(friendly.kernel, geometry.kernel);
      same(friendly.output.slice(0, 2), geometry.output.slice(0, 2));
      same([friendly.input[2] % 16, friendly.output[2] % 16], [0, 0]);
      same(friendly.padStart, [0, 0]);
      if (friendly.batch > 1) {
        const ratio = convFlops(friendly) / convFlops(geometry);
        ok(ratio > 0.6 && ratio < 1.5, `${ratio}`);
      }
    }
    same(denseGeometry(geometry).groups, 1);
    const depthwise = geometry.groups > 1 && geometry.groups === geometry.input[2] &&
      geometry.groups === geometry.output[2];
    if (!depthwise) same(friendlyGeometry(geometry).groups, geometry.groups);
  }
});
