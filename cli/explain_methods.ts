/** The methods of explanation by the names that the command line has for them. */
import {
  type Attribute,
  type CamOptions,
  DeconvError,
  deconvnetRule,
  deepLift,
  expectedGradients,
  featureAblation,
  gradCam,
  gradCamPlusPlus,
  guidedBackprop,
  guidedGradCam,
  hiResCam,
  type InputBaseline,
  inputXGradient,
  integratedGradients,
  kernelShap,
  layerCam,
  lrp,
  type LrpPresetName,
  type ManyPasses,
  type Model,
  occlusion,
  random,
  rise,
  saliency,
  scoreCam,
  type Shape,
  smoothGrad,
  smoothGradSquared,
  type Tensor,
  varGrad,
} from "../mod.ts";
import { sizeOf } from "../core/tensor.ts";

/** What a method may need to know besides the network, the inputs and the target. */
export interface MethodContext {
  /** The shape of what explains, without the batch. */
  readonly shape: Shape;
  /** The layer of class activation maps. */
  readonly layer?: string;
  /** What nothing is. */
  readonly baseline: InputBaseline;
  /** Values of what explains, from the training data. */
  readonly baselines: Tensor;
  /** Decides what is drawn. */
  readonly seed: number;
  /** For methods that ask the network many times. */
  readonly passes: Pick<ManyPasses, "onProgress" | "signal">;
}

/** A method, ready to be used. */
export interface ChosenMethod {
  /** Its name. */
  readonly name: string;
  /** The options that differ from its defaults, or that matter; for the JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /** A short line of them, for the sheet. */
  readonly note: string;
  /** Whether its maps are to sum to the target. */
  readonly complete: boolean;
  /** How its channels are shown, where not by their sum. */
  readonly reduce?: "max";
  /** The method. */
  readonly attribute: Attribute;
}

/** A method before it is told the context. */
interface Kind {
  readonly kind: "gradient" | "cam" | "many" | "lrp" | "control";
  readonly complete?: boolean;
  readonly reduce?: "max";
  make(context: MethodContext): {
    options?: Record<string, unknown>;
    note?: string;
    attribute: Attribute;
  };
}

const plain = (attribute: Attribute, reduce?: "max"): Kind => ({
  kind: "gradient",
  reduce,
  make: () => ({ attribute }),
});

const baselineText = (baseline: InputBaseline) => `baseline ${baseline}`;

const cam = (method: (model: Model, x: Tensor, options: CamOptions) => Tensor): Kind => ({
  kind: "cam",
  make: ({ layer }) => ({
    options: { layer },
    note: layer ?? "last maps",
    attribute: (model, x, { of: _, ...given }) =>
      method(model, x as Tensor, { ...given, layer, resize: true }),
  }),
});

const relevance = (preset: LrpPresetName): Kind => ({
  kind: "lrp",
  make: () => ({
    options: { preset },
    attribute: (model, x, given) => lrp(model, x, { ...given, preset }).relevance,
  }),
});

/** A window of about a fifth of the sides, and half of it as stride; single numbers of a vector. */
function windowFor(shape: Shape): { window: [number, number]; stride: [number, number] } {
  if (shape.length === 1) return { window: [1, 1], stride: [1, 1] };
  const [height, width] = shape.length > 2 ? shape : [shape[0], 1];
  const part = (size: number) => Math.max(1, Math.round(Math.min(height, size) / 5));
  const down = part(height), across = width === 1 ? 1 : part(width);
  return {
    window: [down, across],
    stride: [Math.max(1, Math.floor(down / 2)), Math.max(1, Math.floor(across / 2))],
  };
}

const SMOOTH = 30, STEPS = 50, SAMPLES = 100, MASKS = 500, COALITIONS = 600;

const smooth = (method: typeof smoothGrad): Kind => ({
  kind: "gradient",
  make: ({ seed }) => ({
    options: { samples: SMOOTH, noise: 0.15 },
    note: `${SMOOTH} samples`,
    attribute: (model, x, given) => method(model, x, { ...given, samples: SMOOTH, seed }),
  }),
});

/** Less each input's mean: a map that has the mean target in it everywhere says something by differences. */
function centred({ shape, data }: Tensor): Tensor {
  const size = sizeOf(shape.slice(1)), all = data.slice();
  for (let at = 0; at < all.length; at += size) {
    const own = all.subarray(at, at + size);
    const mean = own.reduce((sum, v) => sum + v, 0) / size;
    own.forEach((v, i) => own[i] = v - mean);
  }
  return { shape, data: all };
}

const KINDS: Record<string, Kind> = {
  "saliency": plain(saliency, "max"),
  "input-x-gradient": plain(inputXGradient),
  "guided-backprop": plain(guidedBackprop),
  "deconvnet": plain(deconvnetRule),
  "integrated-gradients": {
    kind: "gradient",
    complete: true,
    make: ({ baseline }) => ({
      options: { steps: STEPS, baseline },
      note: baselineText(baseline),
      attribute: (model, x, given) =>
        integratedGradients(model, x, { ...given, steps: STEPS, baseline }),
    }),
  },
  "expected-gradients": {
    kind: "gradient",
    make: ({ baselines, seed }) => ({
      options: { samples: SAMPLES, baselines: baselines.shape[0] },
      note: `${baselines.shape[0]} baselines`,
      attribute: (model, x, given) =>
        expectedGradients(model, x, { ...given, samples: SAMPLES, baselines, seed }),
    }),
  },
  "deep-lift": {
    kind: "gradient",
    complete: true,
    make: ({ baseline }) => ({
      options: { baseline },
      note: baselineText(baseline),
      attribute: (model, x, given) => deepLift(model, x, { ...given, baseline }),
    }),
  },
  "smooth-grad": smooth(smoothGrad),
  "smooth-grad-squared": smooth(smoothGradSquared),
  "var-grad": smooth(varGrad),
  "grad-cam": cam(gradCam),
  "grad-cam-plus-plus": cam(gradCamPlusPlus),
  "hi-res-cam": cam(hiResCam),
  "layer-cam": cam(layerCam),
  "guided-grad-cam": cam(guidedGradCam),
  "score-cam": {
    kind: "cam",
    make: ({ layer, baseline, passes }) => ({
      options: { layer, baseline },
      note: layer ?? "last maps",
      attribute: (model, x, { of: _, ...given }) =>
        scoreCam(model, x, { ...given, ...passes, layer, baseline, resize: true }),
    }),
  },
  "occlusion": {
    kind: "many",
    make: ({ shape, baseline, passes }) => {
      const { window, stride } = windowFor(shape);
      return {
        options: { window, stride, baseline },
        note: `${window.join("×")}, ${baselineText(baseline)}`,
        attribute: (model, x, given) =>
          occlusion(model, x, { ...given, ...passes, window, stride, baseline }),
      };
    },
  },
  "rise": {
    kind: "many",
    make: ({ baseline, seed, passes }) => ({
      options: { masks: MASKS, baseline, lessItsMean: true },
      note: `${MASKS} masks, less mean`,
      attribute: async (model, x, given) =>
        centred(await rise(model, x, { ...given, ...passes, masks: MASKS, baseline, seed })),
    }),
  },
  "feature-ablation": {
    kind: "many",
    make: ({ baseline, passes }) => ({
      options: { grid: 8, baseline },
      note: `grid 8, ${baselineText(baseline)}`,
      attribute: (model, x, given) =>
        featureAblation(model, x, { ...given, ...passes, baseline, grid: 8 }),
    }),
  },
  "kernel-shap": {
    kind: "many",
    complete: true,
    make: ({ baseline, seed, passes }) => ({
      options: { grid: 8, samples: COALITIONS, baseline },
      note: `grid 8, ${baselineText(baseline)}`,
      attribute: async (model, x, given) =>
        (await kernelShap(model, x, {
          ...given,
          ...passes,
          baseline,
          seed,
          grid: 8,
          samples: COALITIONS,
        })).map,
    }),
  },
  "lrp-epsilon": relevance("epsilon"),
  "lrp-epsilon-plus": relevance("epsilon-plus"),
  "lrp-epsilon-plus-flat": relevance("epsilon-plus-flat"),
  "lrp-epsilon-alpha2-beta1": relevance("epsilon-alpha2-beta1"),
  "lrp-epsilon-alpha2-beta1-flat": relevance("epsilon-alpha2-beta1-flat"),
  "lrp-epsilon-gamma-box": relevance("epsilon-gamma-box"),
  "random": {
    kind: "control",
    make: ({ shape, seed }) => ({
      note: "to compare with",
      attribute: (_model, x) => {
        const [count] = (Array.isArray(x) ? x[0] : x).shape, size = sizeOf(shape);
        const data = new Float32Array(count * size);
        random(seed, "random map").fillNormal(data, 0, 1, 0);
        return { shape: [count, ...shape], data };
      },
    }),
  },
};

/** The names of all methods. */
export const METHOD_NAMES: readonly string[] = Object.keys(KINDS);

const USUAL = [
  "saliency",
  "integrated-gradients",
  "guided-backprop",
  "grad-cam",
  "lrp-epsilon-plus",
  "occlusion",
  "random",
];

/** Whether a method looks at a layer of its own, whatever else explains. */
export const isCam = (name: string): boolean => KINDS[name].kind === "cam";

/**
 * The names that a text such as `saliency,lrp-epsilon` means; `all`, or by default a few that differ.
 *
 * @throws {DeconvError} When there is no such method.
 */
export function methodNames(
  text: string | undefined,
): { names: readonly string[]; named: boolean } {
  if (text === undefined) return { names: USUAL, named: false };
  if (text === "all") return { names: METHOD_NAMES, named: false };
  const names = [...new Set(text.split(",").map((name) => name.trim()).filter(Boolean))];
  const wrong = names.find((name) => !Object.hasOwn(KINDS, name));
  if (wrong === undefined && names.length) return { names, named: true };
  throw new DeconvError(
    `There is no method "${wrong ?? text}"; there are all, ${METHOD_NAMES.join(", ")}`,
  );
}

/** A method, told what it needs to know. */
export function chosenMethod(name: string, context: MethodContext): ChosenMethod {
  const { make, complete = false, reduce } = KINDS[name];
  const { options = {}, note = "", attribute } = make(context);
  return { name, options, note, complete, reduce, attribute };
}
