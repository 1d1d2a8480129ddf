import type { Block } from "../block.ts";
import { DeconvError } from "../errors.ts";
import { positive } from "../geometry.ts";
import {
  createLayer,
  expectRank,
  type Layer,
  type LayerKind,
  type LayerOptions,
} from "../layer.ts";
import type { Value } from "../operation.ts";
import { noCells, placesOf } from "../reach.ts";
import { boxCopy } from "../wasm/copy.ts";

/**
 * Which channel holds what of a block: `"DCR"` (depth, column, row) as TensorFlow, all channels of the
 * block's first pixel before those of its second; `"CRD"` as PyTorch's `PixelShuffle`, all pixels of
 * the first channel before those of the second.
 */
export type BlockOrder = "DCR" | "CRD";

/** Options of `depthToSpace` and `spaceToDepth`. */
export interface DepthToSpaceOptions extends LayerOptions {
  /** Height and width of a block. */
  blockSize: number;
  /** Default `"DCR"`. */
  order?: BlockOrder;
}

type BlockConfig = { blockSize: number; order: BlockOrder };

function configure({ blockSize, order = "DCR" }: BlockConfig): BlockConfig {
  if (order !== "DCR" && order !== "CRD") {
    throw new DeconvError(`order must be "DCR" or "CRD"; it is ${JSON.stringify(order)}`);
  }
  return { blockSize: positive(blockSize, "blockSize"), order };
}

/** Along an axis of blocks: how many, and how far apart in deep and in wide pictures. */
type BlockAxis = readonly [size: number, deep: number, wide: number];

/** What moves all values between deep pictures and wide ones of this shape. */
function mover(
  { blockSize: b, order }: BlockConfig,
  [batch, rows, columns, channels]: Value["shape"],
) {
  const depth = b * b * channels, width = columns / b, byBlock = order === "DCR";
  const lines: BlockAxis = [batch * rows / b, width * depth, b * columns * channels];
  const row: BlockAxis = [b, byBlock ? b * channels : b, columns * channels];
  const across: BlockAxis = [width, depth, b * channels];
  const column: BlockAxis = [b, byBlock ? channels : 1, channels];
  const channel: BlockAxis = [channels, byBlock ? 1 : b * b, 1];
  const wideOrder = [lines, row, across, column, channel];
  const deepOrder = byBlock
    ? [lines, across, row, column, channel]
    : [lines, across, channel, row, column];
  return (from: Block, to: Block, toWide: boolean) => {
    const axes = toWide ? wideOrder : deepOrder;
    const strides = [axes.map(([, deep]) => deep), axes.map(([, , wide]) => wide)];
    const [source, target] = toWide ? strides : strides.toReversed();
    const sizes = axes.map(([size]) => size);
    return boxCopy(sizes, { block: from, strides: source }, { block: to, strides: target });
  };
}

function blockKind(kind: string, toWide: boolean): LayerKind<BlockConfig> {
  return {
    kind,
    relevance: "copy",
    configure,
    outputShape: ({ blockSize: b }, [shape]) => {
      expectRank(shape, 3, "[height, width, channels]");
      const [height, width, channels] = shape;
      if (toWide && channels % (b * b)) {
        throw new DeconvError(
          `blockSize ${b} needs a multiple of ${b * b} channels, not ${channels}`,
        );
      }
      if (!toWide && (height % b || width % b)) {
        throw new DeconvError(`blockSize ${b} does not divide ${height}x${width}`);
      }
      return toWide
        ? [height * b, width * b, channels / (b * b)]
        : [height / b, width / b, channels * b * b];
    },
    reach: ({ blockSize: b, order }, [shape], cells) => {
      const found = noCells(shape), channels = toWide ? shape[2] / (b * b) : shape[2];
      const deepChannel = (row: number, column: number, channel: number) =>
        order === "DCR"
          ? (b * row + column) * channels + channel
          : (channel * b + row) * b + column;
      const [rows, columns, depth] = cells.map(placesOf);
      if (toWide) {
        for (const y of rows) found[0][Math.floor(y / b)] = 1;
        for (const x of columns) found[1][Math.floor(x / b)] = 1;
        for (const r of new Set(rows.map((y) => y % b))) {
          for (const s of new Set(columns.map((x) => x % b))) {
            for (const channel of depth) found[2][deepChannel(r, s, channel)] = 1;
          }
        }
        return [found];
      }
      const held = new Uint8Array(b * b * channels);
      for (const channel of depth) held[channel] = 1;
      for (let r = 0; r < b; r++) {
        for (let s = 0; s < b; s++) {
          for (let channel = 0; channel < channels; channel++) {
            if (!held[deepChannel(r, s, channel)]) continue;
            for (const y of rows) found[0][b * y + r] = 1;
            for (const x of columns) found[1][b * x + s] = 1;
            found[2][channel] = 1;
          }
        }
      }
      return [found];
    },
    lower: (config, { inputs: [from], output: to, add }) => {
      const move = mover(config, toWide ? to.shape : from.shape);
      const forward = move(from.data, to.data, toWide);
      const backward = from.gradient && move(to.gradient!, from.gradient, !toWide);
      add({ forward, backward: () => backward?.() });
    },
  };
}

/** The definition of depth to space. */
export const depthToSpaceKind: LayerKind<BlockConfig> = blockKind("depth_to_space", true);
/** The definition of space to depth. */
export const spaceToDepthKind: LayerKind<BlockConfig> = blockKind("space_to_depth", false);

/**
 * Unfolds channels into blocks of pixels: `[height, width, b²·channels]` to
 * `[b·height, b·width, channels]`, b being `blockSize`. Behind a convolution it is the sub-pixel
 * convolution of Shi et al. 2016; initialise that with `icnr` against the checkerboard.
 *
 * y[b·i + r, b·j + s, c] = x[i, j, (b·r + s)·channels + c], or with order `"CRD"` x[i, j, c·b² + b·r + s].
 *
 * @throws {DeconvError} When an option is wrong, or b² does not divide the channels.
 *
 * @example
 * ```ts
 * import { depthToSpace, sequential, tensor } from "@deconv/deconv";
 * const net = sequential([depthToSpace({ blockSize: 2, inputShape: [1, 2, 4] })]);
 * console.log(net.predict(tensor([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 4])).data);
 * // 1, 2, 5, 6, 3, 4, 7, 8
 * ```
 */
export function depthToSpace(options: DepthToSpaceOptions): Layer {
  return createLayer(depthToSpaceKind, options);
}

/**
 * Folds blocks of pixels into channels, the reverse of `depthToSpace`: `[height, width, channels]` to
 * `[height/b, width/b, b²·channels]`, b being `blockSize`.
 *
 * @throws {DeconvError} When an option is wrong, or b does not divide height and width.
 *
 * @example
 * ```ts
 * import { sequential, spaceToDepth } from "@deconv/deconv";
 * const net = sequential([spaceToDepth({ blockSize: 4, inputShape: [32, 32, 3] })]);
 * console.log(net.outputShape); // [8, 8, 48]
 * ```
 */
export function spaceToDepth(options: DepthToSpaceOptions): Layer {
  return createLayer(spaceToDepthKind, options);
}
