/** What the evidence says of methods on a network that has learned: as the papers found it. */

import assert from "node:assert/strict";
import {
  deconvnetRule,
  deletion,
  evidence,
  gradCam,
  guidedBackprop,
  inputXGradient,
  insertion,
  occlusion,
  randomizationTest,
  saliency,
  type Tensor,
} from "../mod.ts";
import { randomNormal } from "./harness/random_array.ts";
import { shapesNet, shapesPictures } from "./harness/shapes_net.ts";

const net = await shapesNet(), { x, classes } = shapesPictures(24);
const target = { kind: "class", index: classes } as const;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

Deno.test("the randomisation test tells saliency from guided backpropagation", async () => {
  const test = async (attribute: Parameters<typeof randomizationTest>[2]) =>
    await randomizationTest(net, x, attribute, { target, modes: ["cascading"] });
  const found = {
    saliency: await test(saliency),
    inputXGradient: await test(inputXGradient),
    gradCam: await test(gradCam),
    guidedBackprop: await test(guidedBackprop),
    deconvnetRule: await test(deconvnetRule),
  };
  for (const name of ["saliency", "inputXGradient", "gradCam"] as const) {
    assert.equal(found[name].verdict, "depends on the weights", name);
    assert.ok(found[name].similarity < 0.4, name);
  }
  for (const name of ["guidedBackprop", "deconvnetRule"] as const) {
    assert.equal(found[name].verdict, "does not depend on the weights", name);
    assert.ok(found[name].similarity > 0.6, name);
  }
  const { warnings } = await evidence(net, x, guidedBackprop, {
    target,
    deletion: false,
    insertion: false,
    maxSensitivity: false,
  });
  assert.deepEqual(warnings, ["does not depend on the weights"]);
});

Deno.test("deletion and insertion find occlusion's maps better than random ones", async () => {
  const areas = async (map: Tensor) => {
    const options = { target, steps: 16, baseline: "blur" } as const;
    const gone = await deletion(net, x, map, options), come = await insertion(net, x, map, options);
    return [mean(gone.map(({ area }) => area)), mean(come.map(({ area }) => area))];
  };
  const options = { target, window: 5, stride: 2, baseline: "blur" } as const;
  const found = await areas(await occlusion(net, x, options));
  const chance = await areas(randomNormal([24, 32, 32], 1));
  assert.ok(found[0] < chance[0] && found[1] > chance[1]);
});
