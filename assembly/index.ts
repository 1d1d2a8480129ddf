// What the host may call. The comment above each kernel says what it does and what workspace it needs.

export { work } from "./parallel";
export { add, clip, column_sums, dot, fingerprint, peak, scale } from "./arithmetic";
export { gemm, gemm_scratch } from "./gemm";
export { tile_trial } from "./tile_trial";
export { conv2d_pass } from "./conv2d";
export { conv2d_kernel_gradient } from "./conv2d_gradient";
export { depthwise_pass } from "./depthwise";
export { depthwise_kernel_gradient } from "./depthwise_gradient";
export { activation_forward, activation_gradient } from "./activation";
export { softmax_forward, softmax_gradient } from "./softmax";
export { loss_elementwise } from "./loss";
export { loss_categorical } from "./loss_categorical";
export { loss_cosine } from "./loss_cosine";
export { loss_dice } from "./loss_dice";
export { loss_focal } from "./loss_focal";
export { loss_kl } from "./loss_kl";
export { loss_ssim } from "./loss_ssim";
export { loss_total_variation } from "./loss_total_variation";
export { adagrad, adam, rmsprop, sgd } from "./optimizer";
export { blend, limit_norms, penalty } from "./weights";
export { winograd_pass } from "./winograd";
export { winograd_kernel_gradient } from "./winograd_gradient";
export { scatter_pass } from "./scatter";
export { interleaved_pass } from "./interleaved";
export { interleaved_kernel_gradient } from "./interleaved_gradient";
export { planar_pass } from "./planar";
export { planar_kernel_gradient } from "./planar_gradient";
export { fill_pixels } from "./fill";
export { norm_apply, norm_statistics, norm_workspace } from "./norm";
export { norm_gradient } from "./norm_gradient";
export { layer_norm_forward, layer_norm_gradient, layer_norm_workspace } from "./layer_norm";
export {
  local_response_norm_forward,
  local_response_norm_gradient,
  local_response_norm_scratch,
} from "./local_response_norm";
export { copy_box } from "./copy";
export { window_pass } from "./window_pass";
export { unpool_gather, unpool_scatter } from "./unpool2d";
export { broadcast } from "./broadcast";
export { product_sums } from "./sums";
export { random_drop, random_normal } from "./random";
export { sampling_forward, sampling_gradient } from "./sampling";
export { embedding_forward, embedding_gradient } from "./embedding";
