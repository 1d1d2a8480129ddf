/** Pools and what undoes them, as nodes of ONNX. */
import {
  columnWindows,
  poolWindows,
  type SignalWindowConfig,
  type WindowConfig,
} from "../../pooling.ts";
import { type Exporter, type ExportSite, refuse } from "./export_site.ts";

/** The windows of a pool as attributes. */
function windowsOf({ config, shapes: [shape] }: ExportSite) {
  const one = shape.length === 2;
  const options = one
    ? columnWindows(config as unknown as SignalWindowConfig)
    : config as unknown as WindowConfig;
  const size = [shape[0], one ? 1 : shape[1]] as const;
  const windows = poolWindows(size, options).slice(0, one ? 1 : 2);
  const end = windows.map(({ pool, stride, pad, out }, i) =>
    Math.max((out - 1) * stride + pool - size[i] - pad, 0)
  );
  return {
    kernel_shape: windows.map(({ pool }) => pool),
    strides: windows.map(({ stride }) => stride),
    pads: [...windows.map(({ pad }) => pad), ...end],
  };
}

const maxPool: Exporter = (site) =>
  site.to.node("MaxPool", site.inputs, site.name, windowsOf(site));

const averagePool: Exporter = (site) =>
  site.to.node("AveragePool", site.inputs, site.name, {
    ...windowsOf(site),
    count_include_pad: site.config.countIncludePad ? 1 : 0,
  });

const switches: Exporter = (site) => {
  const { to, name, inputs, shapes: [[height, width]], places } = site;
  const [, indices] = to.nodeOf("MaxPool", inputs, `${name}_maxima`, windowsOf(site), 2);
  const size = to.indices(`${name}_pixels`, [height * width]);
  const own = to.node("Mod", [indices, size], `${name}_own`);
  const made = to.node("Cast", [own], name, { to: 1 });
  places.set(made, { indices, size: [height, width] });
  return made;
};

const unpool: Exporter = (site) => {
  const { to, name, inputs, output, places, shapes: [[rows, columns, channels]] } = site;
  const found = places.get(inputs[1]), config = site.config as unknown as WindowConfig;
  if (!found) throw refuse(site, "its switches are not those of a pool of the same model");
  if (config.poolSize.some((pool, i) => config.strides[i] < pool)) {
    throw refuse(site, "its windows overlap, and ONNX does not add what falls on one place");
  }
  const [height, width] = output;
  if (found.size.join() !== [height, width].join()) {
    throw refuse(
      site,
      `its switches are places in ${found.size.join("x")} pixels, not ${height}x${width}`,
    );
  }
  const kernel_shape = [...config.poolSize], strides = [...config.strides];
  const plain = rows * strides[0] === height && columns * strides[1] === width &&
    kernel_shape.join() === strides.join();
  const size = plain ? [] : [to.sizes(inputs[0], [channels, height, width], `${name}_size`)];
  return to.node("MaxUnpool", [inputs[0], found.indices, ...size], name, { kernel_shape, strides });
};

const global = (op: string): Exporter => ({ to, name, inputs, config }) => {
  if (config.keepDims) return to.node(op, inputs, name);
  return to.node("Flatten", [to.node(op, inputs, `${name}_places`)], name, { axis: 1 });
};

/** Pools and what undoes them. */
export const POOL_EXPORTERS: Record<string, Exporter> = {
  max_pool1d: maxPool,
  max_pool2d: maxPool,
  average_pool1d: averagePool,
  average_pool2d: averagePool,
  pool_switches2d: switches,
  max_unpool2d: unpool,
  global_max_pool1d: global("GlobalMaxPool"),
  global_max_pool2d: global("GlobalMaxPool"),
  global_average_pool1d: global("GlobalAveragePool"),
  global_average_pool2d: global("GlobalAveragePool"),
};
