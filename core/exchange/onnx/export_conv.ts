/** Convolutions, as nodes of ONNX. */
import {
  type ConvGeometry,
  convGeometry,
  type ConvOptions,
  convTransposeGeometry,
} from "../../geometry.ts";
import type { ActivationConfig } from "../../layers/activation.ts";
import { rowOptions, type SignalConvOptions } from "../../signal_geometry.ts";
import type { Tensor } from "../../tensor.ts";
import { activated, beforeName } from "./export_activation.ts";
import type { Exporter, ExportSite } from "./export_site.ts";
import { naturalOrder } from "./flow.ts";

/** The last of two axes, or both. */
const axesOf = (pair: readonly number[], one: boolean) => one ? [pair[1]] : [...pair];

/** A layer's geometry over pictures; a signal is one of a single row. */
function geometryOf(site: ExportSite, filters: number, groups: number, make: typeof convGeometry) {
  const one = site.shapes[0].length === 2, config = { ...site.config, groups };
  const [height, width, channels] = one ? [1, ...site.shapes[0]] : site.shapes[0];
  const options = one
    ? rowOptions(config as unknown as SignalConvOptions)
    : config as unknown as ConvOptions;
  return { one, geometry: make([height, width, channels], filters, options) };
}

/** Attributes that both directions have. */
function attributesOf(geometry: ConvGeometry, one: boolean, end: readonly number[]) {
  const { kernel, strides, dilations, groups, padStart } = geometry;
  return {
    kernel_shape: axesOf(kernel, one),
    strides: axesOf(strides, one),
    dilations: axesOf(dilations, one),
    group: groups,
    pads: [...axesOf(padStart, one), ...axesOf(end, one)],
  };
}

/** A kernel [kh, kw, a, b] as [b, a, kh, kw]. */
function kernelArray({ to, name }: ExportSite, kernel: Tensor): string {
  const rank = kernel.shape.length, order = [rank - 1, rank - 2, ...naturalOrder(rank - 2)];
  return to.floats(`${name}.weight`, kernel, order);
}

/** Kernel and bias, then the activation. */
function finished(
  site: ExportSite,
  op: string,
  kernel: string,
  attributes: Record<string, number | readonly number[]>,
): string {
  const { to, name, inputs, parameters, config } = site, bias = parameters[1];
  const given = [inputs[0], kernel, ...bias ? [to.floats(`${name}.bias`, bias)] : []];
  const y = to.node(op, given, beforeName(site), attributes);
  return activated(site, y, config.activation as ActivationConfig, name);
}

const convolution: Exporter = (site) => {
  const { filters, groups } = site.config as { filters: number; groups: number };
  const { geometry, one } = geometryOf(site, filters, groups, convGeometry);
  // Pixels at the end that no window reaches need no taking off.
  const end = geometry.padEnd.map((pad) => Math.max(pad, 0));
  const kernel = kernelArray(site, site.parameters[0]);
  return finished(site, "Conv", kernel, attributesOf(geometry, one, end));
};

const depthwise: Exporter = (site) => {
  const [kernel] = site.parameters, [channels, multiplier] = kernel.shape.slice(-2);
  const filters = channels * multiplier;
  const { geometry, one } = geometryOf(site, filters, channels, convGeometry);
  const end = geometry.padEnd.map((pad) => Math.max(pad, 0));
  // Channel and multiplier, as they lie, are one axis of filters.
  const merged = { ...kernel, shape: [...kernel.shape.slice(0, -2), 1, filters] };
  return finished(site, "Conv", kernelArray(site, merged), attributesOf(geometry, one, end));
};

const transposed: Exporter = (site) => {
  const { filters, groups } = site.config as { filters: number; groups: number };
  const { geometry, one } = geometryOf(site, filters, groups, convTransposeGeometry);
  const { input, output, kernel, strides, dilations, padStart } = geometry;
  const rest = [0, 1].map((i) =>
    (output[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - padStart[i] - input[i]
  );
  const weights = kernelArray(site, site.parameters[0]);
  return finished(site, "ConvTranspose", weights, {
    ...attributesOf(geometry, one, rest.map((n) => Math.max(n, 0))),
    output_padding: axesOf(rest.map((n) => Math.max(-n, 0)), one),
  });
};

/** Convolutions. */
export const CONVOLUTION_EXPORTERS: Record<string, Exporter> = {
  conv1d: convolution,
  conv2d: convolution,
  conv1d_transpose: transposed,
  conv2d_transpose: transposed,
  depthwise_conv1d: depthwise,
  depthwise_conv2d: depthwise,
};
