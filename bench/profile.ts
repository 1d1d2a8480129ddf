import { convFlops, type ConvGeometry } from "../core/geometry.ts";
import { Conv2dPasses } from "../core/wasm/conv2d.ts";
import { runtime, setThreads } from "../core/wasm/runtime.ts";
import { formatGeometry } from "./geometry.ts";
import { buildNetwork, networkFlops, type NetworkName, NETWORKS, pictures } from "./networks.ts";

/** One line of a profile. */
interface Entry {
  calls: number;
  ms: number;
  flops: number;
}

/** The passes of a convolution, wrapped so that their time is known by geometry. */
const PASSES = ["forward", "inputGradient", "kernelGradient"] as const;

/** Steps before the clock counts. */
const WARM_UP = 3;

/** Wraps the convolution passes and the kernel calls of this process for good; kernels inside a pass belong to it. */
function instrument(entries: Map<string, Entry>): void {
  let inside = false;
  const timed = <T>(label: string, flops: number, run: () => T): T => {
    if (inside) return run();
    inside = true;
    const start = performance.now();
    const result = run();
    const ms = performance.now() - start;
    inside = false;
    const entry = entries.get(label) ?? { calls: 0, ms: 0, flops: 0 };
    entries.set(label, {
      calls: entry.calls + 1,
      ms: entry.ms + ms,
      flops: entry.flops + flops,
    });
    return result;
  };
  const prototype = Conv2dPasses.prototype as unknown as Record<
    string,
    (this: { geometry: ConvGeometry }, ...args: unknown[]) => unknown
  >;
  for (const pass of PASSES) {
    const original = prototype[pass];
    prototype[pass] = function (...args) {
      const label = `${pass} ${formatGeometry(this.geometry)}`;
      return timed(label, convFlops(this.geometry), () => original.apply(this, args));
    };
  }
  const r = runtime(), call = r.call;
  r.call = (kernel, ...args) => timed(kernel, 0, () => call.call(r, kernel, ...args));
}

/**
 * Where the time of a network's training step goes: convolution passes by geometry, other kernels by
 * name, and the host (copies of the batch, checks, JavaScript between kernels). Means over `steps`.
 */
export function profile(name: NetworkName, threads: number, steps: number): string {
  setThreads(threads);
  const entries = new Map<string, Entry>();
  instrument(entries);
  const { batch } = NETWORKS[name];
  const net = buildNetwork(name), x = pictures(batch, net.inputShape);
  for (let i = 0; i < WARM_UP; i++) net.trainOnBatch(x, x);
  entries.clear();
  const start = performance.now();
  for (let i = 0; i < steps; i++) net.trainOnBatch(x, x);
  const whole = performance.now() - start;

  const known = [...entries.values()].reduce((sum, { ms }) => sum + ms, 0);
  const rows: [string, Entry][] = [
    ...[...entries].sort(([, a], [, b]) => b.ms - a.ms),
    ["host", { calls: steps, ms: whole - known, flops: 0 }],
    ["whole step", { calls: steps, ms: whole, flops: networkFlops(net, true) * batch * steps }],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const line = (label: string, ...cells: string[]) =>
    label.padEnd(width) + cells.map((cell) => cell.padStart(8)).join("");
  return [
    `${name}, batch ${batch}, ${threads} thread(s): mean of ${steps} training steps`,
    line("", "calls", "ms", "%", "GF/s").trimEnd(),
    ...rows.map(([label, { calls, ms, flops }]) =>
      line(
        label,
        `${calls / steps}`,
        (ms / steps).toFixed(2),
        (100 * ms / whole).toFixed(1),
        flops ? (flops / ms / 1e6).toFixed(1) : "",
      ).trimEnd()
    ),
  ].join("\n");
}
