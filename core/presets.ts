import { DeconvError } from "./errors.ts";
import { articleCnn, articleDnn, articleText } from "./presets/article.ts";
import { classifier } from "./presets/classifier.ts";
import { dcgan } from "./presets/dcgan.ts";
import { deconvAutoencoder } from "./presets/deconv_autoencoder.ts";
import { denoiser } from "./presets/denoiser.ts";
import type { Preset } from "./presets/preset.ts";
import { superResolution } from "./presets/super_resolution.ts";
import { textCnn } from "./presets/text_cnn.ts";
import { unet } from "./presets/unet.ts";
import { unpool } from "./presets/unpool.ts";
import { vae } from "./presets/vae.ts";
import { waveAutoencoder } from "./presets/wave_autoencoder.ts";

const PRESETS: ReadonlyMap<string, Preset> = new Map(
  [
    deconvAutoencoder,
    articleCnn,
    articleDnn,
    articleText,
    classifier,
    denoiser,
    vae,
    dcgan,
    unet,
    superResolution,
    unpool,
    textCnn,
    waveAutoencoder,
  ].map((preset) => [preset.name, preset]),
);

/** The names of all presets; the first is the default. */
export const PRESET_NAMES: readonly string[] = [...PRESETS.keys()];

/**
 * A preset by its name.
 *
 * @throws {DeconvError} When there is none; the message lists the names.
 *
 * @example
 * ```ts
 * import { preset } from "@deconv/deconv";
 * const net = preset("article-cnn").build({ seed: 42 });
 * console.log(net.parameterCount); // 96707
 * ```
 */
export function preset(name: string): Preset {
  const found = PRESETS.get(name);
  if (found) return found;
  throw new DeconvError(`There is no preset "${name}"; there are ${PRESET_NAMES.join(", ")}`);
}
