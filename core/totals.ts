import type { Graph } from "./graph.ts";
import { lossTitle, outputMeaning } from "./losses.ts";
import type { LossConfig } from "./losses/loss.ts";
import { partsOf } from "./losses/sum.ts";
import { startMetric } from "./metrics.ts";
import type { MetricConfig, MetricTotal } from "./metrics/metric.ts";
import type { Plan } from "./plan.ts";
import type { Block } from "./block.ts";

/** Loss and metrics by name, as means over pictures; `val_…` for validation. */
export type Logs = Record<string, number>;

/** What was lost on a batch. */
export interface BatchLoss {
  /** All of it, weighted and summed. */
  total: number;
  /** What each output lost, and the parts of those whose loss is a sum; without weights. */
  readonly outputs: { loss: number; parts: number[] }[];
}

/** An output's losses and metrics, and what logs call them. */
interface Watched {
  readonly metrics: readonly { name: string; total: MetricTotal }[];
  readonly losses: readonly string[];
}

/** Names made different by numbers. */
function distinct(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const earlier = names.slice(0, i).filter((other) => other === name).length;
    return earlier ? `${name}_${earlier + 1}` : name;
  });
}

/** What logs put before the names of each output: its layer's name, where there are several outputs. */
function prefixes({ nodes, outputs, inputNames }: Graph): string[] {
  if (outputs.length === 1) return [""];
  const names = outputs.map((value) =>
    nodes.find(({ output }) => output === value)?.layer.name ?? inputNames[value]
  );
  return distinct(names).map((name) => `${name}_`);
}

/** Running means of loss and metrics over the batches of an epoch. */
export class Totals {
  readonly #watched: readonly Watched[];
  readonly #sums: number[][];
  #sum = 0;
  #count = 0;

  /** @throws {DeconvError} When a metric does not fit its output. */
  constructor(
    graph: Graph,
    losses: readonly LossConfig[],
    metrics: readonly (readonly MetricConfig[])[],
  ) {
    const before = prefixes(graph);
    this.#watched = losses.map((loss, i) => {
      const prefix = before[i], parts = partsOf(loss).map(([, part]) => lossTitle(part));
      const subject = { shape: graph.shapes[graph.outputs[i]], meaning: outputMeaning(loss) };
      return {
        metrics: metrics[i].map((config) => ({
          name: prefix + config.name,
          total: startMetric(config, subject),
        })),
        losses: [
          ...prefix ? [`${prefix}loss`] : [],
          ...loss.kind === "sum" ? distinct(parts).map((part) => `${prefix}${part}_loss`) : [],
        ],
      };
    });
    this.#sums = this.#watched.map(({ losses }) => losses.map(() => 0));
  }

  /** Adds a batch. */
  add({ total, outputs }: BatchLoss, plan: Plan, targets: readonly Block[]): void {
    const { batch } = plan.options;
    this.#sum += total * batch;
    this.#count += batch;
    plan.outputs.forEach(({ shape, data }, i) => {
      const { metrics, losses } = this.#watched[i], { loss, parts } = outputs[i];
      for (let k = 0; k < losses.length; k++) {
        const offset = losses.length - parts.length;
        this.#sums[i][k] += batch * (k < offset ? loss : parts[k - offset]);
      }
      for (const metric of metrics) metric.total.add(data, targets[i], shape);
    });
  }

  #losses(prefix: string): Logs {
    const logs: Logs = { [`${prefix}loss`]: this.#sum / this.#count };
    this.#watched.forEach(({ losses }, i) =>
      losses.forEach((name, k) => logs[prefix + name] = this.#sums[i][k] / this.#count)
    );
    return logs;
  }

  /** The means so far. */
  logs(prefix = ""): Logs {
    const logs = this.#losses(prefix);
    for (const { metrics } of this.#watched) {
      for (const { name, total } of metrics) logs[prefix + name] = total.value();
    }
    return logs;
  }

  /**
   * The means so far, for those who look after every batch: a metric is worked out when it is first
   * read, because some (`auc`) take longer the more they have seen.
   */
  running(): Logs {
    const logs = this.#losses("");
    for (const { name, total } of this.#watched.flatMap(({ metrics }) => metrics)) {
      let value: number | undefined;
      Object.defineProperty(logs, name, { enumerable: true, get: () => value ??= total.value() });
    }
    return logs;
  }
}
