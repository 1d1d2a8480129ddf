/**
 * The embedded sounds: short tones of eight kinds, computed when they are asked for.
 *
 * Sound `index` is a pure function of (seed, split, index), the same bits on every machine.
 */
import { DeconvError } from "../errors.ts";
import { power, sine } from "../portable_math.ts";
import { type Random, random } from "../random.ts";
import { checkRead, type Dataset } from "./dataset.ts";

/** The kinds of sound, by label. */
export const TONE_CLASSES: readonly string[] = [
  "sine",
  "triangle",
  "square",
  "sawtooth",
  "chord",
  "chirp",
  "pluck",
  "noise",
];

/** Samples a second that `tones` reckons with. */
export const TONE_RATE = 8000;

/** Which sounds {@linkcode tones} makes. */
export interface TonesOptions {
  /** The number of sounds. Default 4000. */
  readonly size?: number;
  /** Samples of each, at 8000 a second. Default 1024. */
  readonly length?: number;
  /** The seed they are drawn from. Default 0. */
  readonly seed?: number;
  /** Which of two endless series, that have no sound in common. Default `"train"`. */
  readonly split?: "train" | "test";
}

/**
 * Opens the embedded sounds: `[length, 1]` samples in -1..1 of {@linkcode TONE_CLASSES}, varied in
 * pitch (110 to 880 Hz), phase, loudness, envelope and a little noise. Classes take turns: sound `i`
 * has label `i % 8`, so shuffle to train.
 *
 * @throws {DeconvError} When `size`, `length` or `split` is none.
 *
 * @example
 * ```ts
 * import { tones } from "@deconv/deconv";
 * const dataset = tones({ size: 100, length: 256 });
 * const x = new Float32Array(256), labels = new Float32Array(1);
 * dataset.read([3], x, labels);
 * console.log(dataset.classNames![labels[0]]); // sawtooth
 * ```
 */
export function tones(options: TonesOptions = {}): Dataset {
  const { size = 4000, length = 1024, seed = 0, split = "train" } = options;
  const whole = (n: number, least: number) => Number.isSafeInteger(n) && n >= least;
  if (!whole(size, 0) || !whole(length, 1)) {
    throw new DeconvError(
      `Cannot make ${size} tones of ${length} samples: give whole numbers, such as 4000 and 1024`,
    );
  }
  if (split !== "train" && split !== "test") {
    throw new DeconvError(`Unknown split ${JSON.stringify(split)} of tones: use "train" or "test"`);
  }
  const rng = random(seed, `tones/${split}`), noise = random(seed, `tones/${split}/noise`);
  const dataset: Dataset = {
    name: `tones ${split}`,
    size,
    shape: [length, 1],
    classNames: TONE_CLASSES,
    read(indices, x, labels) {
      checkRead(dataset, indices, x, labels);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i], label = index % TONE_CLASSES.length;
        const out = x.subarray(i * length, (i + 1) * length);
        fillTone(out, label, index, rng, noise);
        if (labels) labels[i] = label;
      }
    },
  };
  return dataset;
}

/** One period of each waveform, for a phase in turns. */
const WAVES: ((turns: number) => number)[] = [
  sine,
  (t) => 4 * Math.abs(t - Math.floor(t + 0.5)) - 1,
  (t) => t - Math.floor(t) < 0.5 ? 0.7 : -0.7,
  (t) => 2 * (t - Math.floor(t)) - 1,
];

function fillTone(out: Float32Array, label: number, index: number, rng: Random, noise: Random) {
  const draw = (n: number) => rng.uniform(index, n);
  const pitch = 110 * power(8, draw(0)) / TONE_RATE, phase = draw(1);
  const loudness = 0.35 + 0.6 * draw(2), hiss = 0.02 * draw(3);
  const attack = 0.02 + 0.2 * draw(4), decay = 0.5 + 2.5 * draw(5);
  const third = draw(6) < 0.5 ? 1.25 : 1.2; // major or minor
  const reach = 1 + 2 * draw(7);
  const name = TONE_CLASSES[label];
  noise.fillUniform(out, -1, 1, index);
  let smooth = 0;
  for (let t = 0; t < out.length; t++) {
    const at = t / out.length, turns = phase + pitch * t;
    let value: number;
    if (name === "chord") {
      value = (sine(turns) + sine(turns * third) + sine(turns * 1.5)) / 3;
    } else if (name === "chirp") value = sine(turns * (1 + 0.5 * (reach - 1) * at));
    else if (name === "pluck") {
      // Overtones die away sooner than the tone.
      const left = power(0.05, decay * at);
      value = left * (sine(turns) + 0.6 * left * sine(2 * turns) + 0.4 * left * sine(3 * turns)) /
        2;
    } else if (name === "noise") {
      smooth += (0.1 + 0.6 * draw(8)) * (out[t] - smooth);
      value = smooth * 1.2;
    } else value = WAVES[label](turns);
    const envelope = name === "pluck" ? 1 : Math.min(1, at / attack) * Math.min(1, 4 * (1 - at));
    const sum = loudness * envelope * value + hiss * out[t];
    out[t] = Math.max(-1, Math.min(1, sum));
  }
}
