import { DeconvError } from "../errors.ts";
import { decodeSamples, readWavHeader } from "../formats/wav.ts";
import { shapeText, type Tensor } from "../tensor.ts";
import type { ByteSource } from "./bytes.ts";
import { checkRead, type Dataset } from "./dataset.ts";
import { openFile } from "./file.ts";
import { countWindows, type CutOptions } from "./windows.ts";

/** How sound becomes windows. `stride` is how many samples apart they begin, default `length`. */
export interface SoundOptions extends CutOptions {
  /** The class number of every window. Default -1, none. */
  readonly label?: number;
  /** Names of the classes. */
  readonly classNames?: readonly string[];
  /** What to call the dataset. Default `"samples"`, or the file's name. */
  readonly name?: string;
}

/**
 * Windows of a signal in memory, `[length, channels]`.
 *
 * @param samples `[samples]` for one channel, or `[samples, channels]`.
 * @throws {DeconvError} When the signal has another shape or is shorter than a window, or an option is
 * wrong.
 *
 * @example
 * ```ts
 * import { fromSamples, tensor } from "@deconv/deconv";
 * const dataset = fromSamples(tensor([0, 1, 2, 3, 4, 5, 6, 7]), { length: 4, stride: 2 });
 * console.log(dataset.size, dataset.shape); // 3 [4, 1]
 * ```
 */
export function fromSamples(samples: Tensor, options: SoundOptions): Dataset {
  const [frames, channels = 1, ...more] = samples.shape, { name = "samples" } = options;
  if (frames === undefined || more.length || frames * channels !== samples.data.length) {
    throw new DeconvError(
      `Cannot cut ${name} of shape ${
        shapeText(samples.shape)
      } into windows: give [samples, channels]`,
    );
  }
  return windows(frames, channels, name, options, (frame, count, x, at) => {
    x.set(samples.data.subarray(frame * channels, (frame + count) * channels), at);
  });
}

/** A sound file as windows. */
export interface OpenedSound {
  /** The windows, `[length, channels]`, values -1 … 1. */
  readonly dataset: Dataset;
  /** Samples a second. */
  readonly sampleRate: number;
  /** Closes the file. It may be left to the end of the program. */
  close(): void;
}

/**
 * Opens a WAV file as windows: PCM of 8, 16, 24 or 32 bits, or floats. Only the windows asked for are
 * read, so the file may be larger than memory.
 *
 * @throws {DeconvError} When the file is missing, cut short, of another kind or shorter than a window,
 * or an option is wrong.
 *
 * @example
 * ```ts ignore
 * import { openWav } from "@deconv/deconv";
 * const { dataset, sampleRate } = await openWav("rain.wav", { length: 1024 });
 * console.log(dataset.shape, sampleRate); // [1024, 2] 44100
 * ```
 */
export async function openWav(path: string, options: SoundOptions): Promise<OpenedSound> {
  const file = openFile(path);
  try {
    return { ...await wav(file, options), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** {@linkcode openWav} for bytes from anywhere. */
export async function wav(
  source: ByteSource,
  options: SoundOptions,
): Promise<{ dataset: Dataset; sampleRate: number }> {
  const header = await readWavHeader(source),
    { channels, frames, bits, start, sampleRate } = header;
  const name = options.name ?? source.name.replace(/^.*[\\/]/, ""), frame = channels * bits / 8;
  const dataset = windows(frames, channels, name, options, (from, count, x, at) => {
    const bytes = new Uint8Array(count * frame);
    const reading = source.read(start + from * frame, bytes);
    const decode = () => decodeSamples(bytes, header, x, at);
    return reading ? reading.then(decode) : decode();
  });
  return { dataset, sampleRate };
}

function windows(
  frames: number,
  channels: number,
  name: string,
  { length, stride = length, label = -1, classNames }: SoundOptions,
  write: (frame: number, count: number, x: Float32Array, at: number) => void | Promise<void>,
): Dataset {
  const dataset: Dataset = {
    name,
    size: countWindows(frames, { length, stride }, { name, unit: "samples" }),
    shape: [length, channels],
    classNames,
    read(indices, x, labels) {
      checkRead(dataset, indices, x, labels);
      labels?.fill(label, 0, indices.length);
      return readFrom(0);

      /** Reads from the i-th on; goes on in a promise from the first that must wait. */
      function readFrom(i: number): void | Promise<void> {
        for (; i < indices.length; i++) {
          const waiting = write(indices[i] * stride, length, x, i * length * channels);
          if (waiting) return waiting.then(() => readFrom(i + 1));
        }
      }
    },
  };
  return dataset;
}
