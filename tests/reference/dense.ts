/**
 * The fully connected layer and its gradients.
 *
 * ```text
 * y[m,o] = b[o] + Σ_k x[m,k] · w[k,o]        dx = dy·wᵀ     dw = xᵀ·dy     db[o] = Σ_m dy[m,o]
 * ```
 *
 * All axes of x but the last count as rows, as in Keras' `Dense`.
 */

import { type Array64, array64, type NumberArray } from "./array.ts";

/** The number of rows once all axes but the last are taken together. */
function rowsOf(a: NumberArray): number {
  return a.shape.slice(0, -1).reduce((product, size) => product * size, 1);
}

/** `x·kernel + bias`; `bias` is null where there is none. */
export function dense(x: NumberArray, kernel: NumberArray, bias: NumberArray | null): Array64 {
  const [inputs, units] = kernel.shape;
  const y = array64([...x.shape.slice(0, -1), units]);
  for (let m = 0; m < rowsOf(x); m++) {
    for (let o = 0; o < units; o++) {
      let sum = bias === null ? 0 : bias.data[o];
      for (let k = 0; k < inputs; k++) sum += x.data[m * inputs + k] * kernel.data[k * units + o];
      y.data[m * units + o] = sum;
    }
  }
  return y;
}

/** The gradient with respect to x. */
export function denseInputGradient(dy: NumberArray, kernel: NumberArray): Array64 {
  const [inputs, units] = kernel.shape;
  const dx = array64([...dy.shape.slice(0, -1), inputs]);
  for (let m = 0; m < rowsOf(dy); m++) {
    for (let k = 0; k < inputs; k++) {
      let sum = 0;
      for (let o = 0; o < units; o++) sum += dy.data[m * units + o] * kernel.data[k * units + o];
      dx.data[m * inputs + k] = sum;
    }
  }
  return dx;
}

/** The gradient with respect to the kernel. */
export function denseKernelGradient(x: NumberArray, dy: NumberArray): Array64 {
  const inputs = x.shape[x.shape.length - 1];
  const units = dy.shape[dy.shape.length - 1];
  const dkernel = array64([inputs, units]);
  for (let k = 0; k < inputs; k++) {
    for (let o = 0; o < units; o++) {
      let sum = 0;
      for (let m = 0; m < rowsOf(x); m++) sum += x.data[m * inputs + k] * dy.data[m * units + o];
      dkernel.data[k * units + o] = sum;
    }
  }
  return dkernel;
}

/** The gradient with respect to the bias. */
export function denseBiasGradient(dy: NumberArray): Array64 {
  const units = dy.shape[dy.shape.length - 1];
  const dbias = array64([units]);
  for (let m = 0; m < rowsOf(dy); m++) {
    for (let o = 0; o < units; o++) dbias.data[o] += dy.data[m * units + o];
  }
  return dbias;
}
