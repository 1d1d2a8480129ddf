import { DeconvError } from "../../errors.ts";
import { shapeText, type Tensor } from "../../tensor.ts";

/** How often a pattern repeats: every so many rows and columns. */
export type Period = readonly [rows: number, columns: number];

/** The mean power spectrum of some planes, seen through a Hann window. */
export interface Spectrum {
  /** Rows of the spectrum: those of the planes, cut to a multiple of the period. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /**
   * Power at each frequency, row by row, frequency 0 first; in units of the variance that a wave of this
   * frequency alone would have.
   */
  readonly power: Float64Array;
  /** Mean variance of the planes, weighted by the window. */
  readonly variance: number;
}

/** What a spectrum says of one period. */
export interface CheckerboardScore {
  /** From 0, nothing beyond what neighbouring frequencies have, to 1, nothing but a checkerboard. */
  readonly score: number;
  /** The part of the variance that is the checkerboard's. */
  readonly share: number;
  /** Its amplitude: the standard deviation of the repeating pattern, in units of the values. */
  readonly amplitude: number;
}

/** Multiplications that a spectrum may take; of more planes, some evenly spaced ones are taken. */
const WORK = 2e8;

/** The part of the variance at which a pattern on perfectly smooth planes scores one half. */
const VISIBLE = 1e-3;

/** Periods that planes must hold along an axis for neighbouring frequencies to be told apart. */
const LEAST_PERIODS = 4;

/** The longest part of a period that planes of this size can be scored for; 1 where there is none. */
export function scorable(height: number, width: number, [rows, columns]: Period): Period {
  const longest = (size: number, period: number) => {
    for (let part = period; part > 1; part--) {
      if (period % part === 0 && size >= LEAST_PERIODS * part) return part;
    }
    return 1;
  };
  return [longest(height, rows), longest(width, columns)];
}

/** A Hann window over a whole number of periods: it repeats, so that waves stay within a bin of theirs. */
function hann(length: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / length),
  );
}

/** cos and sin of 2πi/n. */
function waves(n: number): { cos: Float64Array; sin: Float64Array } {
  const angle = (_: unknown, i: number) => 2 * Math.PI * i / n;
  return {
    cos: Float64Array.from({ length: n }, (_, i) => Math.cos(angle(_, i))),
    sin: Float64Array.from({ length: n }, (_, i) => Math.sin(angle(_, i))),
  };
}

/**
 * The power spectrum of pictures or feature maps: the mean over pictures and channels of |F|², where F is
 * the discrete Fourier transform of a plane after its (weighted) mean is taken away and a Hann window is
 * laid over it. Divided by the square of the window's sum, so that a wave of variance v puts v at its two
 * frequencies together.
 *
 * @param planes `[n, height, width, channels]`.
 * @param period Height and width are cut to multiples of it, so that its frequencies are whole bins.
 * @throws {DeconvError} When the shape is not of pictures.
 */
export function powerSpectrum(planes: Tensor, period: Period = [1, 1]): Spectrum {
  const { shape, data } = planes, [count, rows, columns, channels] = shape;
  if (shape.length !== 4 || !(data.length > 0)) {
    throw new DeconvError(
      `Cannot take the spectrum of ${
        shapeText(shape)
      }: pictures [n,height,width,channels] are needed`,
    );
  }
  const height = rows - rows % period[0], width = columns - columns % period[1];
  const half = (width >> 1) + 1;
  const down = hann(height), across = hann(width), sum = height * width / 4;
  const y = waves(height), x = waves(width);
  const power = new Float64Array(height * width), plane = new Float64Array(height * width);
  const real = new Float64Array(height * half), imaginary = new Float64Array(height * half);
  const all = count * channels;
  const taken = Math.max(1, Math.min(all, Math.floor(WORK / (height * width * (height + width)))));
  let variance = 0;
  for (let i = 0; i < taken; i++) {
    const number = Math.floor(i * all / taken);
    const start = Math.floor(number / channels) * rows * columns * channels + number % channels;
    let mean = 0;
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const value = data[start + (r * columns + c) * channels];
        plane[r * width + c] = value;
        mean += down[r] * across[c] * value / sum;
      }
    }
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const value = plane[r * width + c] - mean, weight = down[r] * across[c];
        variance += weight * value * value / sum;
        plane[r * width + c] = weight * value;
      }
    }
    for (let r = 0; r < height; r++) {
      for (let u = 0; u < half; u++) {
        let a = 0, b = 0;
        for (let c = 0, at = 0; c < width; c++, at = (at + u) % width) {
          a += plane[r * width + c] * x.cos[at];
          b -= plane[r * width + c] * x.sin[at];
        }
        real[r * half + u] = a;
        imaginary[r * half + u] = b;
      }
    }
    for (let v = 0; v < height; v++) {
      for (let u = 0; u < half; u++) {
        let a = 0, b = 0;
        for (let r = 0, at = 0; r < height; r++, at = (at + v) % height) {
          const p = real[r * half + u], q = imaginary[r * half + u];
          a += p * y.cos[at] + q * y.sin[at];
          b += q * y.cos[at] - p * y.sin[at];
        }
        power[v * width + u] += (a * a + b * b) / (sum * sum);
      }
    }
  }
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      if (u < half) power[v * width + u] /= taken;
      else power[v * width + u] = 0;
    }
  }
  // A real plane has the same power at opposite frequencies.
  for (let v = 0; v < height; v++) {
    for (let u = half; u < width; u++) {
      power[v * width + u] = power[(height - v) % height * width + width - u];
    }
  }
  return { height, width, power, variance: variance / taken };
}

/**
 * How much of a pattern that repeats with a period there is in a spectrum, beyond what neighbouring
 * frequencies have.
 *
 * A pattern of period s has its energy at the frequencies (i/s, j/s), i and j from 0 to s − 1, not both 0
 * (Odena, Dumoulin & Olah 2016 describe the pattern; that a stride leaves peaks there is what Durall et al.
 * 2020 and Frank et al. 2020 find generated pictures by). With P the power at these frequencies, B what is
 * expected there, the geometric mean of the bins two away (along the axis for frequencies on an axis, where
 * pictures have more energy than beside it), and V the variance:
 *
 * excess E = Σ max(0, P − B), score = E / (E + ΣB + V/1000).
 *
 * The last term says what is too faint to matter: a thousandth of the variance, an amplitude of 3 % of the
 * standard deviation.
 *
 * Of 32 pictures of CIFAR-10 the score is 0.00 at period 2 and 0.02 at period 4; of a single picture it is
 * mostly chance.
 *
 * @param period Its rows and columns divide those of the spectrum.
 * @param without Periods whose frequencies are left out: those of later layers.
 */
export function checkerboardScore(
  spectrum: Spectrum,
  period: Period,
  without: readonly Period[] = [],
): CheckerboardScore {
  const { height, width, power, variance } = spectrum, [rows, columns] = period;
  if (!(variance > 0)) return { score: 0, share: 0, amplitude: 0 };
  const at = (v: number, u: number) => power[(v + height) % height * width + (u + width) % width];
  let excess = 0, expected = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = i ? 0 : 1; j < columns; j++) {
      if (without.some(([r, c]) => i * r % rows === 0 && j * c % columns === 0)) continue;
      const v = i * height / rows, u = j * width / columns;
      const near: number[] = [];
      for (const dv of i ? [-2, 0, 2] : [0]) {
        for (const du of j ? [-2, 0, 2] : [0]) if (dv || du) near.push(at(v + dv, u + du));
      }
      const logs = near.map((value) => Math.log(Math.max(value, 1e-12 * variance)));
      const background = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
      excess += Math.max(0, at(v, u) - background);
      expected += background;
    }
  }
  return {
    score: excess / (excess + expected + VISIBLE * variance),
    share: Math.min(1, excess / variance),
    amplitude: Math.sqrt(excess),
  };
}
