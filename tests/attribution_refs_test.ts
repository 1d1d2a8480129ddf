/** iNNvestigate's attributions of single layers: every layer, to the tolerance that project has. */

import assert from "node:assert/strict";
import { deconvnetRule, lrp, type LrpRule, type Method, saliency, targetGradient } from "../mod.ts";
import { attributionRefsPresent, readAttributionRefs } from "./harness/attribution_refs.ts";
import { assertClose } from "./harness/compare.ts";

const ignore = !attributionRefsPresent();
const skipped = ignore ? " (skipped: there is no ../shared/data/attribution-refs)" : "";

/** Starts from the value of the target, as theirs does, not from 1. */
const fromValue: Method = (model, x, options) => {
  const { shape, data } = deconvnetRule(model, x, options);
  const { values } = targetGradient(model, x, options);
  const width = data.length / values.length;
  return { shape, data: data.map((v, i) => v * values[Math.floor(i / width)]) };
};

/** Relevance by one rule in all layers. */
const byRule = (rule: LrpRule): Method => (model, x, options) =>
  lrp(model, x, { ...options, rules: [{ rule }] }).relevance;

const METHODS: Record<string, Method> = {
  Gradient: saliency,
  Deconvnet: fromValue,
  LRPZ: byRule("z"),
  LRPEpsilon: byRule({ kind: "epsilon", epsilon: 1e-7 }),
};

for (const [name, method] of Object.entries(METHODS)) {
  Deno.test({
    name: `reference attributions: ${name}${skipped}`,
    ignore,
    fn: async () => {
      const refs = await readAttributionRefs(name);
      assert.equal(refs.length, 6);
      for (const { name: layer, net, input, output, attribution } of refs) {
        assertClose(net.predict(input), output, { tolerance: 1e-6, name: `${layer} output` });
        const map = method(net, input, { target: { kind: "class" } });
        assert.deepEqual(map.shape, attribution.shape);
        const wrong = map.data.findIndex((v, i) =>
          !(Math.abs(v - attribution.data[i]) <= 1e-8 + 1e-2 * Math.abs(attribution.data[i]))
        );
        assert.equal(
          wrong,
          -1,
          `${layer} at ${wrong}: ${map.data[wrong]}, ${attribution.data[wrong]}`,
        );
        assertClose(map, attribution, { tolerance: 1e-5, name: layer });
      }
    },
  });
}
