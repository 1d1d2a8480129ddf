/** Oracle cases of explanation, run through the product: one network, a map by every method. */

import {
  conv2d,
  deconvnetRule,
  dense,
  globalAveragePool2d,
  gradCam,
  guidedBackprop,
  inputXGradient,
  integratedGradients,
  maxPool2d,
  type Model,
  occlusion,
  type Quadrature,
  saliency,
  sequential,
  type Target,
  type Tensor,
  unfuse,
} from "../../mod.ts";
import type { OracleCase } from "./oracle.ts";
import type { Results } from "./oracle_layers.ts";

type Attribution = (
  net: Model,
  x: Tensor,
  options: { target: Target },
  settings: Readonly<Record<string, unknown>>,
) => Tensor | Promise<Tensor>;

/** The methods by the names of the stored tensors. */
const ATTRIBUTIONS: Readonly<Record<string, Attribution>> = {
  grad_cam: (net, x, options) => gradCam(net, x, options),
  guided_backprop: (net, x, options) => guidedBackprop(net, x, options),
  input_x_gradient: (net, x, options) => inputXGradient(net, x, options),
  integrated_gradients: (net, x, options, settings) => {
    const { baseline, steps, rule } = settings.integrated_gradients as Record<string, number>;
    return integratedGradients(net, x, {
      ...options,
      baseline,
      steps,
      rule: rule as unknown as Quadrature,
    });
  },
  deconvnet: (net, x, options) => deconvnetRule(net, x, options),
  occlusion: (net, x, options, settings) => {
    const { window, stride, fill } = settings.occlusion as Record<string, number>;
    return occlusion(net, x, { ...options, window, stride, baseline: fill });
  },
  saliency: (net, x, options) => saliency(net, x, options),
};

/** The network of the stored numbers. */
function network({ tensors }: OracleCase): Model {
  const [conv1, conv2, head] = ["conv1", "conv2", "dense"].map((name) => ({
    name,
    units: tensors[`${name}/bias`].shape[0],
  }));
  const relu = { kernelSize: 3, padding: "same", activation: "relu" } as const;
  const net = sequential([
    conv2d({ name: conv1.name, filters: conv1.units, ...relu }),
    maxPool2d({ poolSize: 2 }),
    conv2d({ name: conv2.name, filters: conv2.units, ...relu }),
    globalAveragePool2d(),
    dense({ name: head.name, units: head.units }),
  ], { inputShape: tensors.x.shape.slice(1) });
  for (const { name } of net.parameters) net.setWeights(name, tensors[name]);
  return net;
}

/** Runs every method on the stored network and pictures. */
export async function attributionsCase(c: OracleCase): Promise<Results> {
  const { tensors: { x, target }, settings } = c, net = network(c);
  const options = { target: { kind: "class", index: [...target.data] } as const };
  const results: Record<string, Tensor> = { logits: unfuse(net).predict(x) };
  for (const [name, attribute] of Object.entries(ATTRIBUTIONS)) {
    if (name in c.tensors) results[name] = await attribute(net, x, options, settings);
  }
  return results;
}
