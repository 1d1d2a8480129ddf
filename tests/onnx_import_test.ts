/** Operators that become layers: the model computes what the graph does, and what cannot is refused. */

import assert from "node:assert/strict";
import { decodeOnnx, encodeOnnx, inspectModel, loadModel } from "../mod.ts";
import { floatArray, indexArray, type OnnxArray } from "../core/formats/onnx/array.ts";
import type { OnnxAttribute } from "../core/formats/onnx/proto.ts";
import { refusal } from "./harness/data_files.ts";
import { type NodeRow, onnxFile, randomFloats } from "./harness/onnx_file.ts";
import { checkImport } from "./harness/onnx_import.ts";

const scalar = (value: number) => floatArray([], [value]);
const PICTURES = ["batch", 4, 5, 6];

/** What is read: a node of x, its constants by name, its attributes, and x' shape. */
interface Row {
  readonly op: string;
  readonly constants?: Readonly<Record<string, OnnxArray | null>>;
  readonly attributes?: Record<string, OnnxAttribute>;
  readonly shape?: readonly (number | string)[];
  /** Shapes of further inputs. */
  readonly more?: Readonly<Record<string, readonly (number | string)[]>>;
  /** The constants stand in front. */
  readonly turned?: boolean;
  /** The kinds of layers it becomes. */
  readonly kinds?: string;
  readonly scale?: number;
}

function fileOf({ op, constants = {}, attributes, shape = PICTURES, more, turned }: Row) {
  const names = Object.keys(constants).map((name) => constants[name] ? name : "");
  const flows = ["x", ...Object.keys(more ?? {})];
  const arrays = Object.entries(constants).filter(([, array]) => array) as [string, OnnxArray][];
  const inputs = turned ? [...names, ...flows] : [...flows, ...names];
  const outputs = op === "Split" ? "y second" : "y";
  // A convolution in front settles that axis 1 is the channels.
  const nodes: NodeRow[] = shape.length === 4 && !more
    ? [
      ["MaxPool", ["x"], "pooled", { kernel_shape: [1, 1] }],
      [op, inputs.map((name) => name === "x" ? "pooled" : name), outputs, attributes],
    ]
    : [[op, inputs, outputs, attributes]];
  return onnxFile(nodes, Object.fromEntries(arrays), shape, more);
}

const each = floatArray([4, 1, 1], [1, -2, 3, 0.5]);

const rows: readonly Row[] = [
  // Arithmetic with constants of every shape that goes together with one example.
  ...["Add", "Sub", "Mul", "Div", "Max", "Min"].flatMap((op): Row[] => [
    { op, constants: { c: scalar(0.7) } },
    { op, constants: { c: each } },
    { op, constants: { c: randomFloats([6], 1) } },
    { op, constants: { c: randomFloats([1, 4, 1, 6], 2) } },
    { op, constants: { c: randomFloats([4, 5, 6], 3) } },
    { op, constants: { c: randomFloats([5, 1], 4) } },
    { op, constants: { c: randomFloats([3], 5) }, shape: ["batch", 3] },
  ]),
  ...["Add", "Sub", "Mul", "Max", "Min"].map((op): Row => ({
    op,
    constants: { c: each },
    turned: true,
  })),
  // Of two values, one of them broadcast too.
  ...["Add", "Sub", "Mul", "Max", "Min"].flatMap((op): Row[] => [
    { op, more: { z: PICTURES } },
    { op, more: { z: ["batch", 4, 1, 1] } },
    { op, more: { z: ["batch", 1, 5, 6] } },
  ]),
  { op: "Max", constants: { c: each, d: scalar(-0.2) } },
  { op: "Max", more: { z: PICTURES, w: PICTURES } },
  { op: "Sum", more: { z: PICTURES }, constants: { c: each } },
  { op: "Mean", more: { z: PICTURES, w: PICTURES } },
  ...[1, 2, 3].map((n): Row => ({ op: "Pow", constants: { c: scalar(n) } })),
  { op: "Neg" },
  { op: "Abs" },
  // Bounds.
  { op: "Clip", constants: { low: scalar(0), high: scalar(6) }, kinds: "activation", scale: 5 },
  { op: "Clip", constants: { low: scalar(0) }, kinds: "activation" },
  { op: "Clip", constants: { low: scalar(-1), high: scalar(0.5) } },
  { op: "Clip", constants: { low: scalar(-0.5) } },
  { op: "Clip", constants: { low: null, high: scalar(0.5) } },
  { op: "Clip" },
  // Functions of each value.
  ...["Relu", "Sigmoid", "Tanh", "Softplus", "Elu", "Selu", "LeakyRelu", "HardSigmoid", "HardSwish"]
    .concat(["Mish", "Celu", "Swish", "Gelu", "Identity", "Dropout"]).map((op): Row => ({
      op,
      scale: 3,
    })),
  { op: "Selu", attributes: { alpha: 1.5, gamma: 2 } },
  { op: "Celu", attributes: { alpha: 2 } },
  { op: "Swish", attributes: { alpha: 0.5 } },
  { op: "Elu", attributes: { alpha: 0.5 } },
  { op: "LeakyRelu", attributes: { alpha: 0.3 } },
  { op: "HardSigmoid", attributes: { alpha: 0.5, beta: 0.6 }, scale: 2 },
  ...[1, 2, 3, -1].flatMap((axis): Row[] => [
    { op: "Softmax", attributes: { axis } },
    { op: "LogSoftmax", attributes: { axis } },
  ]),
  { op: "PRelu", constants: { slope: each } },
  { op: "LRN", attributes: { size: 3, alpha: 0.5, beta: 0.5, bias: 2 } },
  { op: "LRN", attributes: { size: 2, alpha: 0.5 }, shape: ["batch", 5, 3, 2] },
  // Sums over axes.
  ...["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"].flatMap((op): Row[] =>
    [[2, 3], [1], [3], [1, 2, 3], [-1, 1]].flatMap((axes): Row[] =>
      [0, 1].filter((keepdims) => keepdims || axes.length < 3).map((keepdims): Row =>
        op === "ReduceSum"
          ? { op, constants: { axes: indexArray(axes) }, attributes: { keepdims } }
          : { op, attributes: { axes, keepdims } }
      )
    )
  ),
  { op: "GlobalAveragePool" },
  { op: "GlobalMaxPool" },
  // Borders and parts.
  ...["constant", "reflect", "edge", "wrap"].flatMap((mode): Row[] => [
    {
      op: "Pad",
      constants: { pads: indexArray([0, 0, 1, 2, 0, 0, 2, 0]) },
      attributes: { mode },
    },
    {
      op: "Pad",
      constants: { pads: indexArray([0, 2, 0, 0, 0, 1, 0, 3]) },
      attributes: { mode },
    },
    {
      op: "Pad",
      constants: { pads: indexArray([0, 1, 0, 1]) },
      attributes: { mode },
      shape: ["n", 3],
    },
  ]),
  {
    op: "Pad",
    constants: { pads: indexArray([0, 0, 1, -1, 0, 0, -2, 2]), value: scalar(1.5) },
  },
  {
    op: "Pad",
    constants: { pads: indexArray([0, 0, -1, 2, 0, 0, 1, 1]) },
    attributes: { mode: "edge" },
  },
  {
    op: "Slice",
    constants: {
      starts: indexArray([1, 0]),
      ends: indexArray([4, -1]),
      axes: indexArray([1, 3]),
    },
  },
  {
    op: "Slice",
    constants: {
      starts: indexArray([1, 0, 0]),
      ends: indexArray([100, 6, 4]),
      axes: indexArray([2, 3, 1]),
      steps: indexArray([2, 2, 2]),
    },
  },
  { op: "Split", constants: { parts: indexArray([1, 3]) }, attributes: { axis: 1 } },
  { op: "Split", attributes: { axis: 3 } },
  { op: "Gather", constants: { at: indexArray([2], []) }, attributes: { axis: 1 } },
  { op: "Gather", constants: { at: indexArray([1, 2, 3]) }, attributes: { axis: 2 } },
  { op: "Expand", constants: { shape: indexArray([1, 4, 3, 6]) }, shape: ["batch", 4, 1, 6] },
  { op: "Expand", constants: { shape: indexArray([5, 1]) }, shape: ["batch", 4, 1, 6] },
  { op: "Squeeze", constants: { axes: indexArray([2]) }, shape: ["batch", 4, 1, 6] },
  { op: "Unsqueeze", constants: { axes: indexArray([2]) } },
  { op: "Unsqueeze", constants: { axes: indexArray([2, 5]) } },
  ...[[0, 1, 4, 2, 5, 3], [0, 5, 4, 3, 2, 1], [0, 2, 1, 4, 5, 3], [0, 3, 4, 5, 1, 2]].map((
    perm,
  ): Row => ({ op: "Transpose", attributes: { perm }, shape: ["batch", 2, 3, 4, 2, 3] })),
  { op: "Flatten" },
  { op: "Transpose", attributes: { perm: [0, 3, 1, 2] } },
  { op: "Reshape", constants: { shape: indexArray([0, 2, 60]) } },
  { op: "DepthToSpace", attributes: { blocksize: 2 } },
  { op: "SpaceToDepth", attributes: { blocksize: 2 }, shape: ["batch", 3, 4, 6] },
  // Larger and smaller pictures, as PyTorch's Upsample and Keras' UpSampling2D say it.
  ...["asymmetric", "half_pixel"].flatMap((mode) =>
    [[2, 2], [1.5, 3], [0.5, 2]].map((factors): Row => ({
      op: "Resize",
      constants: { roi: null, scales: floatArray([4], [1, 1, ...factors]) },
      attributes: {
        mode: "nearest",
        coordinate_transformation_mode: mode,
        nearest_mode: mode === "asymmetric" ? "floor" : "round_prefer_ceil",
      },
      shape: ["batch", 3, 4, 6],
    }))
  ),
  ...["asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel"].flatMap((mode) =>
    [[7, 9], [3, 4]].map((sizes): Row => ({
      op: "Resize",
      constants: { roi: null, scales: null, sizes: indexArray([1, 4, ...sizes]) },
      attributes: { mode: "linear", coordinate_transformation_mode: mode },
    }))
  ),
];

for (const row of rows) {
  const { op, attributes = {}, shape = PICTURES, constants = {}, more = {} } = row;
  const told = [...Object.values(constants), ...Object.values(more)].map((value) =>
    value && `[${"shape" in value ? value.data.length > 4 ? value.shape : value.data : value}]`
  );
  const what = `${row.turned ? "turned " : ""}${op} of [${shape}] ${told.join(" ")} ${
    JSON.stringify(attributes)
  }`;
  Deno.test(`${what} becomes layers that do it`, () => {
    const net = checkImport(fileOf(row), {
      batch: 3,
      tolerance: 3e-6,
      scale: row.scale,
      pictures: shape.length === 4 && !row.more && op !== "Transpose",
    });
    if (!row.kinds) return;
    assert.deepEqual(net.layers.slice(1).map(({ kind }) => kind).join(" "), row.kinds);
  });
}

const refused: readonly (readonly [Row, RegExp])[] = [
  [{ op: "Div", more: { z: PICTURES } }, /\(Div\): there is no layer that divides by a value/],
  [{ op: "Div", constants: { c: each }, turned: true }, /divides by a value/],
  [{ op: "Pow", constants: { c: scalar(0.5) } }, /powers 1, 2 and 3, not for \[0\.5\]/],
  [
    { op: "Add", constants: { c: randomFloats([2, 4, 5, 6], 1) } },
    /\[2,4,5,6\] does not go together/,
  ],
  [{ op: "Clip", constants: { low: scalar(1), high: scalar(1) } }, /leave nothing between/],
  [{ op: "Pad", constants: { pads: indexArray([1, 0, 0, 0, 0, 0, 0, 0]) } }, /changes the batch/],
  [
    { op: "Pad", constants: { pads: indexArray([0, 0, 1, 0, 0, 0, 0, 0]), v: scalar(-Infinity) } },
    /no layer that pads with -Infinity/,
  ],
  [
    {
      op: "Slice",
      constants: {
        s: indexArray([-1]),
        e: indexArray([-9]),
        a: indexArray([1]),
        t: indexArray([-1]),
      },
    },
    /turns an axis round/,
  ],
  [
    { op: "Gather", constants: { at: indexArray([0, 2]) }, attributes: { axis: 1 } },
    /neighbouring places/,
  ],
  [{ op: "Gather", constants: { at: indexArray([0]) } }, /a part of the batch/],
  [{ op: "ReduceMean", attributes: { axes: [0] } }, /over the batch/],
  [{ op: "Concat", more: { z: PICTURES }, attributes: { axis: 0 } }, /joins batches/],
  [
    {
      op: "Resize",
      constants: { roi: null, s: floatArray([4], [1, 1, 2, 2]) },
      attributes: { mode: "cubic" },
    },
    /no layer that interpolates so \(cubic/,
  ],
];

for (const [row, why] of refused) {
  Deno.test(`${row.op} that no layer does is refused: ${why.source}`, () => {
    assert.throws(() => decodeOnnx(fileOf(row)), refusal(why));
  });
}

Deno.test("numbers that belong to a function are not trained, constants of the file are", () => {
  const { model: net } = decodeOnnx(onnxFile(
    [
      ["Clip", ["x", "low", "high"], "a"],
      ["Mul", ["a", "scale"], "y"],
    ],
    { low: scalar(-1), high: scalar(2), scale: floatArray([3], [1, 2, 3]) },
    ["batch", 3],
  ));
  const learned = net.layers.flatMap(({ trained }) => trained.map(({ shape }) => shape));
  assert.deepEqual(learned, [[1, 3, 1]]);
});

for (
  const [shape, axes, square] of [
    [["batch", 5, 6], [-1], "Pow"],
    [["batch", 5, 6], [1, 2], "Mul"],
    [["batch", 4, 5, 6], [1], "Pow"],
  ] as const
) {
  Deno.test(`layer normalisation written out over axes [${axes}] of [${shape}] is one layer`, () => {
    const pictures = shape.length === 4;
    const net = checkImport(
      onnxFile(
        [
          ...pictures ? [["MaxPool", ["x"], "z", { kernel_shape: [1, 1] }] as NodeRow] : [],
          ["ReduceMean", [pictures ? "z" : "x"], "mean", { axes }],
          ["Sub", [pictures ? "z" : "x", "mean"], "d"],
          square === "Pow" ? ["Pow", ["d", "two"], "s"] : ["Mul", ["d", "d"], "s"],
          ["ReduceMean", ["s"], "v", { axes }],
          ["Add", ["v", "epsilon"], "e"],
          ["Sqrt", ["e"], "r"],
          ["Div", ["d", "r"], "n"],
          ["Mul", ["n", "gamma"], "g"],
          ["Add", ["g", "beta"], "y"],
        ],
        {
          two: scalar(2),
          epsilon: scalar(1e-3),
          gamma: pictures ? each : randomFloats([6], 1),
          beta: pictures ? each : randomFloats([6], 2),
        },
        shape,
      ),
      { pictures },
    );
    const kinds = net.layers.map(({ kind }) => kind).filter((kind) => /norm|act|add/.test(kind));
    assert.deepEqual(kinds, ["layer_normalization"]);
  });
}

Deno.test("sizes that a file leaves free are given when it is loaded", async () => {
  const bytes = onnxFile(
    [["MaxPool", ["x"], "y", { kernel_shape: [2, 2] }]],
    {},
    ["batch", 3, "height", "width"],
  );
  await assert.rejects(loadModel(bytes), refusal(/leaves sizes free.*give them as inputShapes/));
  const net = await loadModel(bytes, { inputShapes: { x: [3, 4, 5] } });
  assert.deepEqual([net.inputShape, net.outputShape], [[4, 5, 3], [3, 4, 3]]);
  const picture = { inputShape: [4, 5, 3] };
  assert.deepEqual((await loadModel(bytes, picture)).outputShape, [3, 4, 3]);
  assert.deepEqual(inspectModel(bytes, picture).graph!.shapes.at(-1), [3, 4, 3]);
  const shapes = { inputShapes: { x: [3, 4, 5] } };
  assert.deepEqual(inspectModel(bytes, shapes).graph!.shapes.at(-1), [3, 4, 3]);
  const two = onnxFile([["Add", ["x", "z"], "y"]], {}, ["batch", "n"], { z: ["batch", "n"] });
  await assert.rejects(loadModel(two, { inputShape: [3] }), refusal(/inputs x, z: .* by name/));
});

Deno.test("pixels are shuffled as PyTorch wrote it before there was an operator", () => {
  checkImport(onnxFile(
    [
      ["Conv", ["x", "w"], "a"],
      ["Reshape", ["a", "parts"], "b"],
      ["Transpose", ["b"], "c", { perm: [0, 1, 4, 2, 5, 3] }],
      ["Reshape", ["c", "whole"], "y"],
    ],
    {
      w: randomFloats([12, 2, 1, 1], 8),
      parts: indexArray([-1, 3, 2, 2, 4, 5]),
      whole: indexArray([-1, 3, 8, 10]),
    },
    ["batch", 2, 4, 5],
  ));
});

Deno.test("relu6 is one node of ONNX and one activation again", () => {
  const { model: net } = decodeOnnx(fileOf({
    op: "Clip",
    constants: { low: scalar(0), high: scalar(6) },
  }));
  const { model: again } = decodeOnnx(encodeOnnx(net));
  assert.deepEqual(again.layers.map(({ config }) => config.kind).at(-1), "relu6");
});
