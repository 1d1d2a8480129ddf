import { type Benchmark, repeated } from "./benchmark.ts";
import { buildNetwork, networkFlops, type NetworkName, NETWORKS, pictures } from "./networks.ts";

/** A training step or a forward pass of a network, as a user runs it: copying in and out included. */
function modelBenchmark(name: NetworkName, training: boolean): Benchmark {
  const { batch } = NETWORKS[name];
  const verb = training ? "train" : "forward";
  const flops = networkFlops(buildNetwork(name), training) * batch;
  return {
    name: `${name}-${verb}`,
    group: `${name}, batch ${batch}`,
    label: training ? "training step" : "forward",
    flops,
    images: batch,
    prepare() {
      const net = buildNetwork(name);
      const x = pictures(batch, net.inputShape);
      return repeated(
        training ? () => net.trainOnBatch(x, x) : () => net.predict(x, { batchSize: batch }),
      );
    },
  };
}

/** Every network: the training step where it is trained, and the forward pass. */
export function modelBenchmarks(): Benchmark[] {
  return (Object.keys(NETWORKS) as NetworkName[]).flatMap((name) => [
    ...(NETWORKS[name].trained ? [modelBenchmark(name, true)] : []),
    modelBenchmark(name, false),
  ]);
}
