/** ONNX models as plain graphs: what a file says, and nothing of what it means. */
import { DeconvError } from "../../errors.ts";
import { decodeArray, encodeArray, type OnnxArray, typeCode } from "./array.ts";
import { type Field, fieldsOf, floatsOf, integersOf, MessageWriter, textOf } from "./wire.ts";

/** The value of an attribute; `undefined` for a graph or another kind that is not read. */
export type OnnxAttribute = number | string | OnnxArray | readonly number[] | readonly string[];

/** A node of a graph. */
export interface OnnxNode {
  /** Its name; may be empty. */
  readonly name: string;
  /** The operator, such as `"Conv"`. */
  readonly op: string;
  /** The operator's domain; empty for ONNX's own. */
  readonly domain: string;
  /** Names of what it takes; an empty name leaves an input out. */
  readonly inputs: readonly string[];
  /** Names of what it makes. */
  readonly outputs: readonly string[];
  /** Its attributes. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** An input or output of a graph. */
export interface OnnxValueInfo {
  /** Its name. */
  readonly name: string;
  /** Its sizes; a text where the file names a size that is free, null where it says nothing. */
  readonly shape: readonly (number | string | null)[] | null;
  /** The number of its type; 0 where it is no array. */
  readonly type: number;
}

/** A model as a file has it. */
export interface OnnxGraph {
  /** The graph's name. */
  readonly name: string;
  /** The version of ONNX's own operators. */
  readonly opset: number;
  /** Who wrote the file. */
  readonly producer: string;
  /** The nodes, each after what it needs. */
  readonly nodes: readonly OnnxNode[];
  /** Arrays in the file, by name. */
  readonly initializers: ReadonlyMap<string, OnnxArray>;
  /** What has to be given: inputs that are not among the arrays of the file. */
  readonly inputs: readonly OnnxValueInfo[];
  /** What comes out. */
  readonly outputs: readonly OnnxValueInfo[];
}

/** Whether bytes look like an ONNX model: fields of one from the first, its graph among them. */
export function isOnnx(bytes: Uint8Array): boolean {
  // The version of the format comes first.
  if (bytes[0] !== 8) return false;
  let found = false;
  try {
    for (const { number, packed } of fieldsOf(bytes)) {
      if (number > 26) return false;
      found ||= number === 7 && packed;
    }
  } catch {
    return false;
  }
  return found;
}

/**
 * Reads the bytes of an ONNX model.
 *
 * @param outlined Whether the numbers of its large arrays are left away.
 * @throws {DeconvError} When they are damaged, or arrays lie in other files.
 */
export function decodeOnnxGraph(bytes: Uint8Array, outlined = false): OnnxGraph {
  let graph: Uint8Array | null = null, opset = 0, producer = "";
  for (const field of fieldsOf(bytes)) {
    if (field.number === 7) graph = field.bytes;
    else if (field.number === 2) producer = textOf(field);
    else if (field.number === 8) {
      let domain = "", version = 0;
      for (const inner of fieldsOf(field.bytes)) {
        if (inner.number === 1) domain = textOf(inner);
        else if (inner.number === 2) version = inner.integer;
      }
      if (domain === "" || domain === "ai.onnx") opset = version;
    }
  }
  if (!graph) throw new DeconvError("there is no graph in it (is it an ONNX model?)");
  const nodes: OnnxNode[] = [], initializers = new Map<string, OnnxArray>();
  const inputs: OnnxValueInfo[] = [], outputs: OnnxValueInfo[] = [];
  let name = "";
  for (const field of fieldsOf(graph)) {
    if (field.number === 1) nodes.push(decodeNode(field.bytes));
    else if (field.number === 2) name = textOf(field);
    else if (field.number === 5) {
      const { name, ...array } = decodeArray(field.bytes, outlined);
      initializers.set(name, array);
    } else if (field.number === 11) inputs.push(decodeValue(field.bytes));
    else if (field.number === 12) outputs.push(decodeValue(field.bytes));
    else if (field.number === 15) throw new DeconvError("it has sparse arrays, which are not read");
  }
  const given = inputs.filter((input) => !initializers.has(input.name));
  return { name, opset: opset || 1, producer, nodes, initializers, inputs: given, outputs };
}

function decodeNode(message: Uint8Array): OnnxNode {
  const inputs: string[] = [], outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  let name = "", op = "", domain = "";
  for (const field of fieldsOf(message)) {
    if (field.number === 1) inputs.push(textOf(field));
    else if (field.number === 2) outputs.push(textOf(field));
    else if (field.number === 3) name = textOf(field);
    else if (field.number === 4) op = textOf(field);
    else if (field.number === 5) {
      const [key, value] = decodeAttribute(field.bytes);
      if (value !== undefined) attributes.set(key, value);
    } else if (field.number === 7) domain = textOf(field);
  }
  return { name, op, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes };
}

function decodeAttribute(message: Uint8Array): [string, OnnxAttribute | undefined] {
  const integers: number[] = [], floats: number[] = [], texts: string[] = [];
  let name = "", type = 0, float = 0, integer = 0, text = "", array: OnnxArray | undefined;
  const floatOf = (field: Field) => [...floatsOf(field)];
  for (const field of fieldsOf(message)) {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 2) [float] = floatOf(field);
    else if (field.number === 3) integer = field.integer;
    else if (field.number === 4) text = textOf(field);
    else if (field.number === 5) array = decodeArray(field.bytes);
    else if (field.number === 7) { for (const n of floatOf(field)) floats.push(n); }
    else if (field.number === 8) { for (const n of integersOf(field)) integers.push(n); }
    else if (field.number === 9) texts.push(textOf(field));
    else if (field.number === 20) type = field.integer;
  }
  const values = [, float, integer, text, array, , floats, integers, texts];
  return [name, values[type]];
}

function decodeValue(message: Uint8Array): OnnxValueInfo {
  let name = "", type = 0, shape: (number | string | null)[] | null = null;
  for (const field of fieldsOf(message)) {
    if (field.number === 1) name = textOf(field);
    if (field.number !== 2) continue;
    for (const kind of fieldsOf(field.bytes)) {
      if (kind.number !== 1) continue;
      for (const part of fieldsOf(kind.bytes)) {
        if (part.number === 1) type = part.integer;
        else if (part.number === 2) shape = [...fieldsOf(part.bytes)].map(sizeOfDimension);
      }
    }
  }
  return { name, type, shape };
}

function sizeOfDimension({ bytes }: Field): number | string | null {
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) return field.integer;
    if (field.number === 2) return textOf(field);
  }
  return null;
}

/** The bytes of an ONNX model. */
export function encodeOnnxGraph(graph: OnnxGraph): Uint8Array {
  const body = new MessageWriter();
  for (const node of graph.nodes) body.bytes(1, encodeNode(node));
  body.text(2, graph.name);
  for (const [name, array] of graph.initializers) body.bytes(5, encodeArray(name, array));
  for (const input of graph.inputs) body.bytes(11, encodeValue(input));
  for (const output of graph.outputs) body.bytes(12, encodeValue(output));
  return new MessageWriter().integer(1, 8).text(2, graph.producer).bytes(7, body)
    .bytes(8, new MessageWriter().text(1, "").integer(2, graph.opset)).finish().slice();
}

function encodeNode({ name, op, inputs, outputs, attributes }: OnnxNode): MessageWriter {
  const writer = new MessageWriter();
  for (const input of inputs) writer.text(1, input);
  for (const output of outputs) writer.text(2, output);
  writer.text(3, name).text(4, op);
  for (const [key, value] of attributes) {
    const to = new MessageWriter().text(1, key);
    if (typeof value === "string") to.text(4, value).integer(20, 3);
    else if (Array.isArray(value)) to.integers(8, value as number[]).integer(20, 7);
    else if (typeof value !== "number") {
      to.bytes(5, encodeArray("", value as OnnxArray)).integer(20, 4);
    } else if (FLOAT_ATTRIBUTES.has(key)) to.float(2, value).integer(20, 1);
    else to.integer(3, value).integer(20, 2);
    writer.bytes(5, to);
  }
  return writer;
}

/** Attributes that are floats, whole as their value may be. */
const FLOAT_ATTRIBUTES: ReadonlySet<string> = new Set([
  "alpha",
  "beta",
  "bias",
  "gamma",
  "epsilon",
  "momentum",
]);

function encodeValue({ name, type, shape }: OnnxValueInfo): MessageWriter {
  const sizes = new MessageWriter();
  for (const size of shape ?? []) {
    const dimension = new MessageWriter();
    if (typeof size === "number") dimension.integer(1, size);
    else dimension.text(2, size ?? "");
    sizes.bytes(1, dimension);
  }
  const array = new MessageWriter().integer(1, type).bytes(2, sizes);
  return new MessageWriter().text(1, name).bytes(2, new MessageWriter().bytes(1, array));
}

/** The number of float32 as a type. */
export const FLOAT: number = typeCode("float32");
