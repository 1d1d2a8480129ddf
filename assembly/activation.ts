// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Elementwise activations and their gradients; softmax and log-softmax over the last axis are in softmax.ts.
//
// Every array is padded to 64 bytes, so these loops run over whole vectors, padding included.
// Each activation is a class with two methods; `map` and `mapGradient` are compiled once for each.
// Gradients use y where y determines the slope (relu … softplus) and x otherwise: gelu, silu, and
// hard_sigmoid, whose y rounds to its flat ends a little before x reaches them.

import { ARGUMENTS } from "./memory";
import { erf, exp, log1p, sigmoid, tanh } from "./math";
import { parallel } from "./parallel";
import { choose, madd } from "./simd";

/** Elements a chunk handles. */
const CHUNK: i32 = 16384;

@unmanaged
class Arguments {
  kind: i32;
  rule: i32;
  n: i32;
  alpha: f32;
  /** forward: input, output; gradient: the saved array, dy, dx. */
  x: usize;
  y: usize;
  dx: usize;
}

function c(value: f32): v128 {
  return f32x4.splat(value);
}

@unmanaged
class Relu {
  y(x: v128, _alpha: v128): v128 {
    return f32x4.pmax(x, c(0));
  }
  dx(y: v128, dy: v128, _alpha: v128): v128 {
    return v128.and(f32x4.gt(y, c(0)), dy);
  }
}

@unmanaged
class Relu6 {
  y(x: v128, _alpha: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, c(0)), c(6));
  }
  dx(y: v128, dy: v128, _alpha: v128): v128 {
    return v128.and(v128.and(f32x4.gt(y, c(0)), f32x4.lt(y, c(6))), dy);
  }
}

@unmanaged
class LeakyRelu {
  y(x: v128, alpha: v128): v128 {
    return choose(f32x4.gt(x, c(0)), x, f32x4.mul(x, alpha));
  }
  dx(y: v128, dy: v128, alpha: v128): v128 {
    return choose(f32x4.gt(y, c(0)), dy, f32x4.mul(dy, alpha));
  }
}

@unmanaged
class Elu {
  y(x: v128, alpha: v128): v128 {
    return choose(f32x4.gt(x, c(0)), x, f32x4.mul(alpha, expm1(f32x4.pmin(x, c(0)))));
  }
  dx(y: v128, dy: v128, alpha: v128): v128 {
    return choose(f32x4.gt(y, c(0)), dy, f32x4.mul(dy, f32x4.add(y, alpha)));
  }
}

// Klambauer et al. 2017: λ and λα.
const LAMBDA: f32 = 1.0507009873554805;
const LAMBDA_ALPHA: f32 = 1.7580993408473766;

@unmanaged
class Selu {
  y(x: v128, _alpha: v128): v128 {
    return choose(
      f32x4.gt(x, c(0)),
      f32x4.mul(x, c(LAMBDA)),
      f32x4.mul(c(LAMBDA_ALPHA), expm1(f32x4.pmin(x, c(0)))),
    );
  }
  dx(y: v128, dy: v128, _alpha: v128): v128 {
    return f32x4.mul(dy, choose(f32x4.gt(y, c(0)), c(LAMBDA), f32x4.add(y, c(LAMBDA_ALPHA))));
  }
}

@unmanaged
class Sigmoid {
  y(x: v128, _alpha: v128): v128 {
    return sigmoid(x);
  }
  dx(y: v128, dy: v128, _alpha: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(c(1), y)));
  }
}

@unmanaged
class Tanh {
  y(x: v128, _alpha: v128): v128 {
    return tanh(x);
  }
  dx(y: v128, dy: v128, _alpha: v128): v128 {
    return f32x4.mul(dy, f32x4.sub(c(1), f32x4.mul(y, y)));
  }
}

@unmanaged
class Softplus {
  y(x: v128, _alpha: v128): v128 {
    return f32x4.add(f32x4.pmax(x, c(0)), log1p(exp(f32x4.neg(f32x4.abs(x)))));
  }
  dx(y: v128, dy: v128, _alpha: v128): v128 {
    return f32x4.mul(dy, f32x4.sub(c(1), exp(f32x4.neg(y))));
  }
}

@unmanaged
class HardSigmoid {
  y(x: v128, _alpha: v128): v128 {
    return f32x4.pmin(f32x4.pmax(madd(x, c(1.0 / 6.0), c(0.5)), c(0)), c(1));
  }
  dx(x: v128, dy: v128, _alpha: v128): v128 {
    return v128.and(f32x4.lt(f32x4.abs(x), c(3)), f32x4.mul(dy, c(1.0 / 6.0)));
  }
}

/** x within ±100, where the slopes of gelu and silu have long become 0 and 1: their terms would overflow. */
function bounded(x: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, c(-100)), c(100));
}

const SQRT_HALF: f32 = 0.7071067811865476;
const ONE_OVER_SQRT_TWO_PI: f32 = 0.3989422804014327;

@unmanaged
class Gelu {
  y(x: v128, _alpha: v128): v128 {
    return f32x4.mul(f32x4.mul(x, c(0.5)), f32x4.add(c(1), erf(f32x4.mul(x, c(SQRT_HALF)))));
  }
  dx(v: v128, dy: v128, _alpha: v128): v128 {
    const x = bounded(v);
    const cdf = f32x4.mul(c(0.5), f32x4.add(c(1), erf(f32x4.mul(x, c(SQRT_HALF)))));
    const pdf = f32x4.mul(c(ONE_OVER_SQRT_TWO_PI), exp(f32x4.mul(f32x4.mul(x, x), c(-0.5))));
    return f32x4.mul(dy, madd(x, pdf, cdf));
  }
}

const SQRT_TWO_OVER_PI: f32 = 0.7978845608028654;
const CUBIC: f32 = 0.044715;

@unmanaged
class GeluTanh {
  y(x: v128, _alpha: v128): v128 {
    const inner = f32x4.mul(
      f32x4.mul(x, c(SQRT_TWO_OVER_PI)),
      madd(f32x4.mul(x, x), c(CUBIC), c(1)),
    );
    return f32x4.mul(f32x4.mul(x, c(0.5)), f32x4.add(c(1), tanh(inner)));
  }
  dx(v: v128, dy: v128, _alpha: v128): v128 {
    const x = bounded(v);
    const xx = f32x4.mul(x, x);
    const t = tanh(f32x4.mul(f32x4.mul(x, c(SQRT_TWO_OVER_PI)), madd(xx, c(CUBIC), c(1))));
    const slope = f32x4.mul(c(SQRT_TWO_OVER_PI), madd(xx, c(3 * CUBIC), c(1)));
    const bell = f32x4.mul(f32x4.mul(x, slope), f32x4.sub(c(1), f32x4.mul(t, t)));
    return f32x4.mul(dy, f32x4.mul(c(0.5), f32x4.add(f32x4.add(c(1), t), bell)));
  }
}

@unmanaged
class Silu {
  y(x: v128, _alpha: v128): v128 {
    return f32x4.mul(x, sigmoid(x));
  }
  dx(v: v128, dy: v128, _alpha: v128): v128 {
    const x = bounded(v);
    const s = sigmoid(x);
    return f32x4.mul(dy, f32x4.mul(s, madd(x, f32x4.sub(c(1), s), c(1))));
  }
}

/** eˣ - 1 for x ≤ 0: a short series near 0, where the difference would cancel. */
function expm1(x: v128): v128 {
  let p = madd(x, c(1.0 / 720.0), c(1.0 / 120.0));
  p = madd(p, x, c(1.0 / 24.0));
  p = madd(p, x, c(1.0 / 6.0));
  p = madd(p, x, c(0.5));
  p = madd(p, x, c(1));
  return choose(f32x4.gt(x, c(-0.25)), f32x4.mul(p, x), f32x4.sub(exp(x), c(1)));
}

function map<T>(chunk: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), alpha = c(a.alpha);
  const first = chunk * CHUNK, end = <usize> min(first + CHUNK, a.n) * 4;
  for (let i = <usize> first * 4; i < end; i += 16) {
    v128.store(a.y + i, changetype<T>(0).y(v128.load(a.x + i), alpha));
  }
}

/** rule 0: the gradient; 1, guided backpropagation: only positive dy passes too; 2, deconvnet: dy's positive part, whatever the slope. */
function mapGradient<T>(chunk: i32): void {
  const a = changetype<Arguments>(ARGUMENTS), alpha = c(a.alpha);
  const first = chunk * CHUNK, end = <usize> min(first + CHUNK, a.n) * 4;
  for (let i = <usize> first * 4; i < end; i += 16) {
    let dy = v128.load(a.y + i);
    if (a.rule) dy = f32x4.pmax(dy, c(0));
    if (a.rule != 2) dy = changetype<T>(0).dx(v128.load(a.x + i), dy, alpha);
    v128.store(a.dx + i, dy);
  }
}

function forwardChunk(chunk: i32, _thread: i32): void {
  switch (changetype<Arguments>(ARGUMENTS).kind) {
    case 0:
      return map<Relu>(chunk);
    case 1:
      return map<LeakyRelu>(chunk);
    case 2:
      return map<Elu>(chunk);
    case 3:
      return map<Selu>(chunk);
    case 4:
      return map<Sigmoid>(chunk);
    case 5:
      return map<Tanh>(chunk);
    case 6:
      return map<Softplus>(chunk);
    case 7:
      return map<HardSigmoid>(chunk);
    case 8:
      return map<Gelu>(chunk);
    case 9:
      return map<GeluTanh>(chunk);
    case 10:
      return map<Silu>(chunk);
    case 11:
      return map<Relu6>(chunk);
    default:
      unreachable();
  }
}

function gradientChunk(chunk: i32, _thread: i32): void {
  switch (changetype<Arguments>(ARGUMENTS).kind) {
    case 0:
      return mapGradient<Relu>(chunk);
    case 1:
      return mapGradient<LeakyRelu>(chunk);
    case 2:
      return mapGradient<Elu>(chunk);
    case 3:
      return mapGradient<Selu>(chunk);
    case 4:
      return mapGradient<Sigmoid>(chunk);
    case 5:
      return mapGradient<Tanh>(chunk);
    case 6:
      return mapGradient<Softplus>(chunk);
    case 7:
      return mapGradient<HardSigmoid>(chunk);
    case 8:
      return mapGradient<Gelu>(chunk);
    case 9:
      return mapGradient<GeluTanh>(chunk);
    case 10:
      return mapGradient<Silu>(chunk);
    case 11:
      return mapGradient<Relu6>(chunk);
    default:
      unreachable();
  }
}

/** y = activation(x) for n elements; y may be x. `kind` as in core/layers/activation.ts. */
export function activation_forward(kind: i32, n: i32, alpha: f32, x: usize, y: usize): void {
  const a = changetype<Arguments>(ARGUMENTS);
  a.kind = kind, a.n = n, a.alpha = alpha, a.x = x, a.y = y;
  parallel(forwardChunk.index, (n + CHUNK - 1) / CHUNK);
}

/** dx = dy · slope, under a rule; `saved` is y, or x for gelu, gelu_tanh, silu and hard_sigmoid. dx may be dy. */
export function activation_gradient(
  kind: i32,
  rule: i32,
  n: i32,
  alpha: f32,
  saved: usize,
  dy: usize,
  dx: usize,
): void {
  const a = changetype<Arguments>(ARGUMENTS);
  a.kind = kind, a.rule = rule, a.n = n, a.alpha = alpha, a.x = saved, a.y = dy, a.dx = dx;
  parallel(gradientChunk.index, (n + CHUNK - 1) / CHUNK);
}
