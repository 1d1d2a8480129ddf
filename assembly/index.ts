// What the host may call. The comment above each kernel says what it does and what workspace it needs.

export { work } from "./parallel";
export { add, clip, column_sums, fingerprint, peak, scale, sum_of_squares } from "./arithmetic";
export { gemm, gemm_scratch } from "./gemm";
export { tile_trial } from "./tile_trial";
export { conv2d_pass } from "./conv2d";
export { conv2d_kernel_gradient } from "./conv2d_gradient";
export { depthwise_pass } from "./depthwise";
export { depthwise_kernel_gradient } from "./depthwise_gradient";
export { activation_forward, activation_gradient } from "./activation";
export { softmax_forward, softmax_gradient } from "./softmax";
export { loss_categorical, loss_elementwise, loss_kl } from "./loss";
export { adagrad, adam, rmsprop, sgd } from "./optimizer";
export { limit_norms, penalty } from "./weights";
export { winograd_pass } from "./winograd";
export { winograd_kernel_gradient } from "./winograd_gradient";
export { scatter_pass } from "./scatter";
export { planar_pass } from "./planar";
export { planar_kernel_gradient } from "./planar_gradient";
export { fill_pixels } from "./fill";
export { norm_apply, norm_statistics, norm_workspace } from "./norm";
export { norm_gradient } from "./norm_gradient";
export { layer_norm_forward, layer_norm_gradient, layer_norm_workspace } from "./layer_norm";
export { copy_box } from "./copy";
export { window_pass } from "./window_pass";
export { unpool_gather, unpool_scatter } from "./unpool2d";
