import type { LayerDescription, PictureShape } from "./description.ts";
import { biasOf, kernelFirst } from "./layout.ts";
import type { PeerTask } from "./peer.ts";
import { ProtobufWriter } from "./protobuf.ts";

// Field numbers and constants are those of onnx/onnx.proto.

const IR_VERSION = 8, OPSET = 17;
const FLOAT = 1, INTS = 7;

const OPERATORS = { conv2d: "Conv", conv2d_transpose: "ConvTranspose" };
const ACTIVATIONS: Record<string, string> = { relu: "Relu", sigmoid: "Sigmoid", tanh: "Tanh" };

/** An initializer: a named array of numbers. */
function tensor(name: string, shape: readonly number[], data: Float32Array): ProtobufWriter {
  return new ProtobufWriter()
    .integers(1, shape)
    .integer(2, FLOAT)
    .bytes(8, name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** The name and shape of an input or output. */
function value(name: string, batch: number, [height, width, channels]: PictureShape) {
  const shape = new ProtobufWriter();
  for (const size of [batch, channels, height, width]) {
    shape.bytes(1, new ProtobufWriter().integer(1, size));
  }
  const type = new ProtobufWriter().integer(1, FLOAT).bytes(2, shape);
  return new ProtobufWriter().bytes(1, name).bytes(2, new ProtobufWriter().bytes(1, type));
}

/** A node without attributes. */
function node(operator: string, inputs: readonly string[], output: string): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of inputs) writer.bytes(1, input);
  return writer.bytes(2, output).bytes(3, output).bytes(4, operator);
}

/** A convolution's attributes. */
function attributes(layer: LayerDescription, to: ProtobufWriter): ProtobufWriter {
  const lists = {
    kernel_shape: layer.kernel.slice(0, 2),
    strides: layer.strides,
    pads: layer.pads,
  };
  for (const [name, list] of Object.entries(lists)) {
    to.bytes(5, new ProtobufWriter().bytes(1, name).integers(8, list).integer(20, INTS));
  }
  return to;
}

/** A task's network as the bytes of an ONNX model from `input` to `output`, channels first. */
export function onnxModel({ network, weights, batch }: PeerTask): Uint8Array {
  const graph = new ProtobufWriter().bytes(2, network.name);
  const last = network.layers.length - 1;
  let from = "input";
  network.layers.forEach((layer, i) => {
    const to = i === last ? "output" : `value${i}`, operator = ACTIVATIONS[layer.activation];
    const sum = operator ? `sum${i}` : to;
    const inputs = [from, `kernel${i}`, `bias${i}`];
    graph.bytes(1, attributes(layer, node(OPERATORS[layer.op], inputs, sum)));
    if (operator) graph.bytes(1, node(operator, [sum], to));
    const { shape, data } = kernelFirst(weights, layer);
    graph.bytes(5, tensor(`kernel${i}`, shape, data));
    graph.bytes(5, tensor(`bias${i}`, [layer.output[2]], biasOf(weights, layer)));
    from = to;
  });
  graph.bytes(11, value("input", batch, network.input));
  graph.bytes(12, value("output", batch, network.output));
  return new ProtobufWriter()
    .integer(1, IR_VERSION)
    .bytes(7, graph)
    .bytes(8, new ProtobufWriter().bytes(1, "").integer(2, OPSET))
    .finish();
}
