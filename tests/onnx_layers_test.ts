/** The graphs of one or two layers in ../shared/data/models/onnx-layers: each loads, or is refused for a reason. */

import assert from "node:assert/strict";
import { decodeOnnx, loadModel } from "../mod.ts";
import { refusal } from "./harness/data_files.ts";
import { checkImport } from "./harness/onnx_import.ts";
import { sharedModel, sharedModelsPresent, skippedModels } from "./harness/shared_models.ts";

/** Those that a network of batches says. */
const LOADED = `avg_pool1d avg_pool1d_asymmetric_padding avg_pool2d batch_norm conv1d
  conv1d_asymmetric_padding conv_transpose2d depth_to_space_crd dropout global_avr_pool instance_norm1d
  instance_norm3d layer_norm_4d layer_norm_no_bias linear maxpool1d_ceil_mode
  maxpool2d_asymmetric_padding maxpool2d_ceil_mode prelu_with_channel_slope resize_1d_nearest_scale
  resize_2d_bilinear_half_pixel resize_2d_nearest_scale resize_with_shape softmax`.split(/\s+/);

const SIZES =
  /"\/?\w+" \((Concat|Reshape)\): the output "\w+" is made of sizes and constants alone/;
const NO_BATCH = /node "[\w/]+" \(\w+\): its input ".+" is given at run time and is no batch/;
const FREE = /its input "input_tensor" leaves sizes free .*give them as inputShapes/;

/** Why the others are none. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  batch_norm_runtime: NO_BATCH,
  concat_mixed_single_element: SIZES,
  concat_multiple_mixed: SIZES,
  concat_scalar_from_gather: SIZES,
  concat_shape_with_constant: SIZES,
  conv3d: /"node_conv3d" \(Conv\): there are layers for convolutions in 1 and 2 dimensions, not 3/,
  flatten_2d: /"b" \(Flatten\): axis 2 does not keep the batch/,
  gemm_no_c: /"GemmNode" \(Gemm\): its input 2 depends on the network's inputs/,
  pad_edge: FREE,
  pad_optional_constant_value: /"output" \(Pad\): it changes the batch/,
  pad_runtime_constant: FREE,
  reshape: NO_BATCH,
  reshape_scalar_to_scalar: /\(Reshape\): the shape \[\] does not keep the batch apart/,
  reshape_shape_to_shape: SIZES,
  reshape_to_scalar: /\(Reshape\): the shape \[\] does not keep the batch apart/,
  reshape_with_shape: NO_BATCH,
  resize_with_sizes_tensor: NO_BATCH,
  transpose: /"node_permute" \(Transpose\): it moves the batch/,
};

const path = (name: string) => sharedModel(`onnx-layers/${name}.onnx`);

function test(name: string, run: () => Promise<void> | void): void {
  Deno.test(`${name}${skippedModels}`, { ignore: !sharedModelsPresent }, run);
}

test("all graphs of onnx-layers are accounted for", () => {
  const names = [...Deno.readDirSync(sharedModel("onnx-layers"))].map(({ name }) => name).sort();
  const known = [...LOADED, ...Object.keys(REFUSED)].sort();
  assert.deepEqual(names, known.map((name) => `${name}.onnx`));
});

for (const name of LOADED) {
  test(`onnx-layers/${name} loads and computes what its graph does`, async () => {
    const net = checkImport(Deno.readFileSync(path(name)));
    assert.deepEqual((await loadModel(path(name))).outputShape, net.outputShape);
  });
}

for (const [name, why] of Object.entries(REFUSED)) {
  test(`onnx-layers/${name} is refused in a line that says why`, async () => {
    await assert.rejects(loadModel(path(name)), refusal(why));
  });
}

test("sizes that are given replace free ones, and what follows is refused by its node", async () => {
  const inputShapes = { input_tensor: [3] };
  await assert.rejects(
    loadModel(path("pad_edge"), { inputShapes }),
    refusal(/\(Pad\): it changes the batch/),
  );
  assert.throws(
    () => decodeOnnx(Deno.readFileSync(path("pad_runtime_constant")), { inputShapes }),
    refusal(/\(Pad\): its input "constant_value" is given at run time/),
  );
});
