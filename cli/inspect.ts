import { Command } from "commander";
import { grouped } from "../core/summary.ts";
import {
  FORMAT_NAMES,
  type Graph,
  type InspectedTensor,
  type Inspection,
  inspectModelFile,
  layerFlops,
  type Shape,
} from "../mod.ts";
import { modelPath } from "./model_path.ts";
import { inputShapeOption } from "./options.ts";

interface InspectOptions {
  inputShape?: Shape;
  tensors?: boolean;
}

const WIDTH = 80, LABEL = 38;

/** One line, cut where it is too long. */
function line(text: string, width = WIDTH): string {
  const flat = text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ");
  return flat.length > width ? `${flat.slice(0, width - 1)}…` : flat;
}

/** Lines of whole words. */
function wrapped(text: string): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last && last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.map((each) => line(each));
}

/** Text cut at its beginning where it is too long: the end of a name tells more. */
function ending(text: string, width: number): string {
  const flat = line(text, text.length);
  return flat.length > width ? `…${flat.slice(flat.length + 1 - width)}` : flat;
}

/** A layer's name and kind; the kind is cut where not even half of the name would be left. */
function layerLabel(name: string, kind: string): string {
  const rest = Math.max(LABEL - kind.length - 3, LABEL / 2);
  return line(`${ending(name, rest)} (${kind})`, LABEL);
}

const sizes = (shape: Shape) => `[${shape.join(",")}]`;

/** `1.5 M` */
function short(count: number): string {
  for (const [unit, size] of [["G", 1e9], ["M", 1e6], ["k", 1e3]] as const) {
    if (count >= size) return `${(count / size).toPrecision(3)} ${unit}`;
  }
  return `${count}`;
}

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 2 ** 20
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function count(shapes: readonly { shape: Shape }[]): number {
  return shapes.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** The layers with shapes, parameters and operations. */
function layerTable(name: string, graph: Graph): string[] {
  const { nodes, shapes, inputNames } = graph;
  const rule = "─".repeat(WIDTH);
  const row = (layer: string, shape: string, parameters: string, flops: string) =>
    `${line(layer, LABEL).padEnd(LABEL)} ${line(shape, 16).padEnd(16)} ${parameters.padStart(12)} ${
      flops.padStart(10)
    }`.trimEnd();
  const seen = new Set<unknown>();
  let parameters = 0, flops = 0;
  const rows = nodes.map((node) => {
    const { layer, inputs, output } = node;
    const specs = layer.parameterSpecs(inputs.map((value) => shapes[value]));
    const own = count(specs.filter(({ tiedTo }) => tiedTo === undefined)),
      cost = layerFlops(graph, node);
    const shared = seen.has(layer);
    seen.add(layer);
    parameters += shared ? 0 : own;
    flops += cost;
    return row(
      layerLabel(layer.name, layer.kind),
      sizes(shapes[output]),
      shared ? "shared" : grouped(own),
      short(cost),
    );
  });
  return [
    line(`model "${name}"`),
    rule,
    row("layer", "output", "parameters", "flops"),
    rule,
    ...inputNames.map((input, i) => row(`${input} (input)`, sizes(shapes[i]), "", "")),
    ...rows,
    rule,
    `${grouped(parameters)} parameters, ${short(flops)} flops a picture (a multiply-add is two)`,
  ];
}

/** How many tensors there are of each type. */
function tensorWords(tensors: readonly InspectedTensor[]): string {
  const types = [...new Set(tensors.map(({ dtype }) => dtype))];
  const words = types.map((type) => {
    const of = tensors.filter(({ dtype }) => dtype === type);
    return `${of.length} of ${type} (${grouped(count(of))} numbers)`;
  });
  return `tensors: ${words.join(", ") || "none"}`;
}

/** What a file says of itself, in lines of at most 80 characters. */
function report(path: string, found: Inspection & { size: number }, all: boolean): string[] {
  const { format, name, graph, problem, tensors, metadata, size } = found;
  const listed = all || !graph;
  const texts = Object.entries(metadata);
  return [
    line(path),
    `format ${FORMAT_NAMES[format]}, ${bytesText(size)}`,
    ...graph ? layerTable(name ?? "model", graph) : wrapped(`no network: ${problem}`),
    ...tensors.length ? wrapped(tensorWords(tensors)) : [],
    ...listed
      ? tensors.map(({ name, dtype, shape }) =>
        `  ${ending(name, 46).padEnd(46)} ${dtype.padEnd(9)} ${line(sizes(shape), 21)}`.trimEnd()
      )
      : [],
    ...texts.map(([key, text]) => line(`${key}: ${text}`)),
  ];
}

async function inspect(given: string, { inputShape, tensors }: InspectOptions): Promise<void> {
  const path = modelPath(given), found = await inspectModelFile(path, { inputShape });
  console.log(report(path, found, tensors ?? false).join("\n"));
}

/** `deconv inspect FILE`: what is in a model's file. */
export function inspectCommand(_done: (code: number) => void): Command {
  return new Command("inspect")
    .description(
      "Show what is in a model's file: layers, shapes, types, sizes. No weights are read.",
    )
    .argument("<file>", "a model of any format that loads, tensors of PyTorch, or a run's folder")
    .option("--tensors", "list every tensor")
    .addOption(inputShapeOption())
    .addHelpText("after", EXAMPLES)
    .action(inspect);
}

const EXAMPLES = `
Examples:
  deno task inspect out/article-cnn-1
  deno task inspect lenet.h5 --tensors`;
