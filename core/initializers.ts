/**
 * The first values of a layer's parameters.
 *
 * An initialiser is plain data: a Keras name such as `"he_normal"`, or an object with options such as
 * `{ kind: "orthogonal", gain: 2 }`. It can be written to JSON as it is. The values it gives depend
 * only on the shape, the seed and the stream, never on what was initialised before.
 */
import { DeconvError } from "./errors.ts";
import { fillOrthogonal } from "./orthogonal.ts";
import { type Random, random } from "./random.ts";
import { type Shape, sizeOf } from "./tensor.ts";
import { fillBilinear, subKernels } from "./upscaling_kernels.ts";

/** How {@linkcode InitializerConfig} `variance_scaling` counts, and which numbers it draws. */
export interface VarianceScaling {
  /** Scaling by variance: the general form behind the glorot, he and lecun initialisers. */
  readonly kind: "variance_scaling";
  /** The variance times the fan. Default 1. */
  readonly scale?: number;
  /** Which fan divides the scale. Default `"fan_in"`. */
  readonly mode?: "fan_in" | "fan_out" | "fan_avg";
  /** `"truncated_normal"` is cut at two sigma and widened to keep the variance. Default that. */
  readonly distribution?: "truncated_normal" | "normal" | "uniform";
}

/** How {@linkcode InitializerConfig} `icnr` repeats the kernel that another initialiser gives. */
export interface Icnr {
  /** Against the checkerboard of a convolution in front of `depthToSpace`. */
  readonly kind: "icnr";
  /** That of the `depthToSpace` behind it. Default 2. */
  readonly blockSize?: number;
  /** That of the `depthToSpace` behind it. Default `"DCR"`. */
  readonly order?: "DCR" | "CRD";
  /** What gives the kernel that is repeated. Default `"glorot_uniform"`. */
  readonly initializer?: Initializer;
}

/**
 * An initialiser with its options; those left out take Keras' defaults, stated here.
 *
 * - `zeros`, `ones`, and `constant` (`value` 0)
 * - `random_uniform` on [`minval` -0.05, `maxval` 0.05), `random_normal` and `truncated_normal`
 *   (`mean` 0, `stddev` 0.05; the latter drops what lies beyond two sigma)
 * - `glorot_uniform`, `glorot_normal`: variance 2 / (fanIn + fanOut) (Glorot, Bengio 2010)
 * - `he_uniform`, `he_normal`: variance 2 / fanIn (He et al. 2015)
 * - `lecun_uniform`, `lecun_normal`: variance 1 / fanIn (LeCun et al. 1998)
 * - `variance_scaling`: the general form of these six
 * - `orthogonal` (`gain` 1): the array, flattened to `[everything else, last]`, has orthonormal
 *   columns, or rows if it is wider than high (Saxe, McClelland, Ganguli 2014)
 * - `icnr` (`blockSize` 2, `order` "DCR", `initializer` glorot_uniform): the channels that
 *   `depthToSpace` makes a block of start the same, so that the two layers begin as a convolution and
 *   nearest upsampling, without a checkerboard (Aitken et al. 2017, "Checkerboard artifact free
 *   sub-pixel convolution", arXiv:1707.02937)
 * - `bilinear`: for the kernel of a transposed convolution with as many filters as channels, each of
 *   which starts as bilinear upsampling of itself where the kernel's size is 2·stride − stride mod 2
 *   (Long, Shelhamer, Darrell 2015, "Fully convolutional networks")
 */
export type InitializerConfig =
  | { readonly kind: "zeros" | "ones" }
  | { readonly kind: "constant"; readonly value?: number }
  | { readonly kind: "random_uniform"; readonly minval?: number; readonly maxval?: number }
  | {
    readonly kind: "random_normal" | "truncated_normal";
    readonly mean?: number;
    readonly stddev?: number;
  }
  | { readonly kind: "glorot_uniform" | "glorot_normal" | "he_uniform" | "he_normal" }
  | { readonly kind: "lecun_uniform" | "lecun_normal" }
  | VarianceScaling
  | { readonly kind: "orthogonal"; readonly gain?: number }
  | Icnr
  | { readonly kind: "bilinear" };

/** The name of an initialiser; used alone it means the initialiser with its default options. */
export type InitializerName = InitializerConfig["kind"];

/** What a layer's `kernelInitializer` and `biasInitializer` take. */
export type Initializer = InitializerName | InitializerConfig;

/** What {@linkcode initialize} needs besides the initialiser and the shape. */
export interface InitializeOptions {
  /** The seed; see {@linkcode random}. */
  readonly seed: number;
  /** Which parameter this is, for instance `"encoder1/kernel"`. */
  readonly stream: string | number;
  /** Inputs that reach one output. Default: that of {@linkcode computeFans}. */
  readonly fanIn?: number;
  /** Outputs that one input reaches. Default: that of {@linkcode computeFans}. */
  readonly fanOut?: number;
}

/** The standard deviation of a standard normal cut off at ±2; Keras' constant. */
const TRUNCATED_STDDEV = 0.87962566103423978;

/** Every kind with all its options at their defaults. */
const DEFAULTS: { readonly [Kind in InitializerName]: Readonly<Record<string, number | string>> } =
  {
    zeros: {},
    ones: {},
    constant: { value: 0 },
    random_uniform: { minval: -0.05, maxval: 0.05 },
    random_normal: { mean: 0, stddev: 0.05 },
    truncated_normal: { mean: 0, stddev: 0.05 },
    glorot_uniform: {},
    glorot_normal: {},
    he_uniform: {},
    he_normal: {},
    lecun_uniform: {},
    lecun_normal: {},
    variance_scaling: { scale: 1, mode: "fan_in", distribution: "truncated_normal" },
    orthogonal: { gain: 1 },
    icnr: { blockSize: 2, order: "DCR", initializer: "glorot_uniform" },
    bilinear: {},
  };

/** The values an option of text may have. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ["fan_in", "fan_out", "fan_avg"],
  distribution: ["truncated_normal", "normal", "uniform"],
  order: ["DCR", "CRD"],
};

/**
 * Checks an initialiser and writes it out with all its options: the form that goes into a saved model.
 *
 * @throws {DeconvError} For an unknown name or option, or an option that is not a finite number (or
 * not one of its words).
 */
export function initializerConfig(initializer: Initializer): InitializerConfig {
  const given: Record<string, unknown> = typeof initializer === "string"
    ? { kind: initializer }
    : { ...initializer };
  const kind = String(given.kind);
  if (!Object.hasOwn(DEFAULTS, kind)) {
    const known = Object.keys(DEFAULTS).join(", ");
    throw new DeconvError(`Unknown initializer ${JSON.stringify(kind)}: use one of ${known}`);
  }
  const defaults = DEFAULTS[kind as InitializerName];
  for (const [option, value] of Object.entries(given)) {
    if (option === "kind" || value === undefined) continue;
    if (!Object.hasOwn(defaults, option)) {
      const known = Object.keys(defaults).join(", ") || "none";
      throw new DeconvError(
        `Initializer "${kind}" has no option "${option}": its options: ${known}`,
      );
    }
    if (option === "initializer") continue;
    const choices = CHOICES[option];
    const fits = choices ? choices.includes(value as string) : Number.isFinite(value);
    if (!fits) {
      throw new DeconvError(
        `Initializer "${kind}" cannot use ${option} ${JSON.stringify(value) ?? String(value)}: ` +
          `give ${choices ? choices.join(", ") : "a finite number"}`,
      );
    }
  }
  if (kind === "icnr") return icnrConfig(given as unknown as Icnr);
  const chosen = Object.entries(defaults).map(([option, value]) => [
    option,
    given[option] ?? value,
  ]);
  return { kind, ...Object.fromEntries(chosen) } as InitializerConfig;
}

/** The complete form of `icnr`. */
function icnrConfig({ blockSize = 2, order = "DCR", initializer = "glorot_uniform" }: Icnr): Icnr {
  if (!Number.isInteger(blockSize) || blockSize < 1) {
    throw new DeconvError(
      `Initializer "icnr" cannot use blockSize ${blockSize}: give a whole number of at least 1`,
    );
  }
  if ((typeof initializer === "string" ? initializer : initializer?.kind) === "icnr") {
    throw new DeconvError(`Initializer "icnr" cannot use icnr inside itself`);
  }
  return { kind: "icnr", blockSize, order, initializer: initializerConfig(initializer) };
}

/**
 * The fans of a parameter as Keras reads them off its shape: `[in, out]` for dense kernels,
 * `[kh, kw, in / groups, out]` for convolutions, each fan times kh·kw; one size is both fans.
 *
 * A transposed convolution's kernel is `[kh, kw, out / groups, in]`, so its layer passes its own
 * `fanIn` and `fanOut` to {@linkcode initialize}.
 */
export function computeFans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    const size = sizeOf(shape);
    return { fanIn: size, fanOut: size };
  }
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: field * shape[shape.length - 2], fanOut: field * shape[shape.length - 1] };
}

/**
 * The values an initialiser gives a parameter of this shape, row-major.
 *
 * @throws {DeconvError} For what {@linkcode initializerConfig} refuses, and for shapes that
 * `orthogonal`, `icnr` or `bilinear` cannot fill.
 *
 * @example
 * ```ts
 * import { initialize } from "@deconv/deconv";
 * const kernel = initialize("he_normal", [3, 3, 16, 32], { seed: 1, stream: "conv1/kernel" });
 * console.log(kernel.length); // 4608
 * ```
 */
export function initialize(
  initializer: Initializer,
  shape: Shape,
  options: InitializeOptions,
): Float32Array<ArrayBuffer> {
  const config = initializerConfig(initializer);
  const out = new Float32Array(sizeOf(shape));
  const rng = random(options.seed, options.stream);
  const scaled = (scaling: Omit<VarianceScaling, "kind">) => {
    const fans = computeFans(shape);
    fillScaled(out, scaling, options.fanIn ?? fans.fanIn, options.fanOut ?? fans.fanOut, rng);
  };
  switch (config.kind) {
    case "zeros":
      break;
    case "ones":
      out.fill(1);
      break;
    case "constant":
      out.fill(config.value!);
      break;
    case "random_uniform":
      rng.fillUniform(out, config.minval!, config.maxval!, 0);
      break;
    case "random_normal":
      rng.fillNormal(out, config.mean!, config.stddev!, 0);
      break;
    case "truncated_normal":
      rng.fillTruncatedNormal(out, config.mean!, config.stddev!, 0);
      break;
    case "orthogonal":
      fillOrthogonal(out, shape, config.gain!, rng);
      break;
    case "variance_scaling":
      scaled(config);
      break;
    case "icnr": {
      const { blockSize = 2, order = "DCR", initializer = "glorot_uniform" } = config;
      subKernels(out, shape, blockSize, order, (small) => {
        const fanOut = options.fanOut && options.fanOut / blockSize ** 2;
        return initialize(initializer, small, { ...options, fanOut });
      });
      break;
    }
    case "bilinear":
      fillBilinear(out, shape, options.fanIn);
      break;
    default:
      scaled(SCALINGS[config.kind]);
  }
  return out;
}

const SCALINGS = {
  glorot_uniform: { scale: 1, mode: "fan_avg", distribution: "uniform" },
  glorot_normal: { scale: 1, mode: "fan_avg", distribution: "truncated_normal" },
  he_uniform: { scale: 2, mode: "fan_in", distribution: "uniform" },
  he_normal: { scale: 2, mode: "fan_in", distribution: "truncated_normal" },
  lecun_uniform: { scale: 1, mode: "fan_in", distribution: "uniform" },
  lecun_normal: { scale: 1, mode: "fan_in", distribution: "truncated_normal" },
} as const;

function fillScaled(
  out: Float32Array,
  { scale, mode, distribution }: Omit<VarianceScaling, "kind">,
  fanIn: number,
  fanOut: number,
  rng: Random,
): void {
  const fan = mode === "fan_in" ? fanIn : mode === "fan_out" ? fanOut : (fanIn + fanOut) / 2;
  const variance = scale! / Math.max(1, fan);
  if (distribution === "uniform") {
    const limit = Math.sqrt(3 * variance);
    rng.fillUniform(out, -limit, limit, 0);
  } else if (distribution === "normal") {
    rng.fillNormal(out, 0, Math.sqrt(variance), 0);
  } else {
    rng.fillTruncatedNormal(out, 0, Math.sqrt(variance) / TRUNCATED_STDDEV, 0);
  }
}
