import type { Callback } from "../../callbacks/callback.ts";
import { DeconvError } from "../../errors.ts";
import { positive } from "../../geometry.ts";
import type { Model } from "../../model.ts";
import { sizeOf, type Tensor } from "../../tensor.ts";

/** One small picture over training. */
export interface FilmRow {
  /** What it is, such as `conv1 3`. */
  readonly label: string;
  /** Whether its values have signs, 0 in the middle; otherwise 0 is black and 1 white. */
  readonly signed: boolean;
  /** The picture at each frame, `[1, h, w, 1 or 3]`. */
  readonly frames: readonly Tensor[];
}

/** What makes pictures of a model: `[n, h, w, 1 or 3]`, as many each time. */
export type FilmTake = (model: Model) => Tensor | Promise<Tensor>;

/** Options of `filmStrip`. */
export interface FilmStripOptions {
  /** Names of convolutions whose filters are taken; of several input channels the mean, but three are colours. */
  filters?: readonly string[];
  /** Filters of each. Default 8. */
  count?: number;
  /** Anything else, by name: what the network makes of pictures, projections of units. */
  takes?: Readonly<Record<string, FilmTake>>;
  /** Names of takes whose values have signs. */
  signed?: readonly string[];
  /** A frame after every so many epochs. Default 1. */
  every?: number;
}

/** A callback that takes pictures. */
export interface FilmStrip extends Callback {
  /** Epochs done at each frame: 0 before the first. */
  readonly epochs: readonly number[];
  /** The pictures so far, each through all frames. */
  readonly rows: readonly FilmRow[];
}

/** Filters of a convolution as pictures `[filters, kh, kw, 1 or 3]`. */
function filterPictures(model: Model, name: string, most: number): Tensor {
  const layer = model.layer(name);
  const kernel = layer.parameters.find((p) => p.name.endsWith("/kernel"));
  if (!kernel || kernel.shape.length !== 4) {
    throw new DeconvError(
      `Cannot take the filters of ${layer.title}: it is no convolution of pictures`,
    );
  }
  const back = layer.kind.endsWith("_transpose"), [height, width, a, b] = kernel.shape;
  const [filters, inputs] = back ? [a, b] : [b, a];
  const count = Math.min(most, filters), channels = inputs === 3 ? 3 : 1;
  const data = new Float32Array(count * height * width * channels), { view } = kernel.value;
  for (let f = 0; f < count; f++) {
    for (let tap = 0; tap < height * width; tap++) {
      for (let i = 0; i < inputs; i++) {
        const value = view[(tap * a + (back ? f : i)) * b + (back ? i : f)];
        const at = (f * height * width + tap) * channels;
        if (channels === 3) data[at + i] = value;
        else data[at] += value / inputs;
      }
    }
  }
  return { shape: [count, height, width, channels], data };
}

const NAME = "filmStrip";

/**
 * Takes small pictures before training and after every epoch, to be seen side by side (`filmStripSheet`):
 * filters of convolutions, and whatever functions make of the model, such as projections of its units
 * (Zeiler & Fergus 2014, figure 4). Not kept when a run is interrupted: the strip begins anew.
 *
 * @param options filters none, 8 of each, takes none, every epoch.
 * @throws {DeconvError} When nothing is to be taken; `fit` throws where a layer is no convolution or a take
 * gives no pictures.
 *
 * @example
 * ```ts
 * import { filmStrip, preset, shapes, zeros } from "@deconv/deconv";
 * const net = preset("deconv-autoencoder").build({ seed: 0 });
 * net.compile({ loss: "binary_crossentropy" });
 * const strip = filmStrip({ filters: ["encode1"], takes: { "made of black": (net) => net.predict(zeros([1, 32, 32, 3])) } });
 * await net.fitDataset(shapes({ size: 32 }), { target: "input", epochs: 2, callbacks: [strip] });
 * console.log(strip.epochs, strip.rows.length); // [0, 1, 2] 9
 * ```
 */
export function filmStrip(options: FilmStripOptions): FilmStrip {
  const { filters = [], takes = {}, signed = [] } = options;
  const count = positive(options.count ?? 8, "count"),
    every = positive(options.every ?? 1, "every");
  if (!filters.length && !Object.keys(takes).length) {
    throw new DeconvError(`${NAME} has nothing to take: give it filters or takes`);
  }
  let epochs: number[] = [], rows: { label: string; signed: boolean; frames: Tensor[] }[] = [];
  const add = (name: string, pictures: Tensor, isSigned: boolean) => {
    const { shape, data } = pictures, [n, ...one] = shape, size = sizeOf(one);
    if (one.length !== 3 || (one[2] !== 1 && one[2] !== 3)) {
      throw new DeconvError(
        `${NAME} cannot show "${name}": it must give [n,h,w,1 or 3], not [${shape}]`,
      );
    }
    for (let i = 0; i < n; i++) {
      const label = n > 1 ? `${name} ${i}` : name;
      let row = rows.find((row) => row.label === label);
      if (!row) rows.push(row = { label, signed: isSigned, frames: [] });
      row.frames.push({ shape: [1, ...one], data: data.slice(i * size, (i + 1) * size) });
    }
  };
  const look = async (model: Model, epoch: number) => {
    epochs.push(epoch);
    for (const name of filters) add(name, filterPictures(model, name, count), true);
    for (const [name, take] of Object.entries(takes)) {
      add(name, await take(model), signed.includes(name));
    }
  };
  return {
    name: NAME,
    get epochs() {
      return epochs;
    },
    get rows() {
      return rows;
    },
    onTrainBegin: async ({ model }) => {
      epochs = [];
      rows = [];
      await look(model, model.progress.epoch);
    },
    onEpochEnd: async (epoch, _logs, { model }) => {
      if ((epoch + 1) % every === 0) await look(model, epoch + 1);
    },
  };
}
