import {
  drawLatent,
  generatorOf,
  type Image,
  latentWalk,
  type Model,
  sampleSheet,
} from "../mod.ts";

/** Which samples are drawn. */
export interface SampleOptions {
  /** Samples on the sheet. */
  count: number;
  /** Walks from one sample to another. */
  walks: number;
  /** Pictures of a walk. */
  steps: number;
  /** Decides the samples. */
  seed: number;
}

/** What a run's own pictures show of a generator. */
export const SAMPLES: SampleOptions = { count: 64, walks: 6, steps: 10, seed: 0 };

/** Whether a network makes grey or colour pictures from latent numbers. */
export function makesPictures(model: Model): boolean {
  const { outputShape: [, , channels], inputShape } = model;
  if (channels !== 1 && channels !== 3) return false;
  return inputShape.length === 1 || model.layers.some(({ kind }) => kind === "sampling");
}

/** The sheets of a generator: samples, and walks between samples. */
export function sampleSheets(
  model: Model,
  { count, walks, steps, seed }: SampleOptions,
): [name: string, draw: () => Image][] {
  const generator = generatorOf(model);
  const samples = () =>
    sampleSheet(generator.predict(drawLatent(generator, count, seed)), {
      title: `${model.name} · samples`,
      subtitle: [`Made from standard normal numbers, seed ${seed}`],
    });
  const walk = () => {
    const ends = drawLatent(generator, 2 * walks, seed), [, size] = ends.shape;
    const end = (i: number) => ends.data.subarray(i * size, (i + 1) * size);
    const data = new Float32Array(walks * steps * size);
    for (let w = 0; w < walks; w++) {
      data.set(latentWalk(end(2 * w), end(2 * w + 1), steps), w * steps * size);
    }
    return sampleSheet(generator.predict({ shape: [walks * steps, size], data }), {
      title: `${model.name} · latent walks`,
      subtitle: [`Each row goes from one sample to another in ${steps} equal turns`],
      columns: steps,
    });
  };
  return [["samples.png", samples], ...walks ? [["walk.png", walk] as const] : []] as [
    string,
    () => Image,
  ][];
}
