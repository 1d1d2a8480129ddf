import { DeconvError } from "../errors.ts";
import type { AtlasLayer, AtlasUnit } from "../explain/atlas/data.ts";
import type { AtlasPictures } from "../explain/atlas/pictures.ts";
import { shapeText, type Tensor } from "../tensor.ts";
import { blit, createImage, fillRect, type Image, shrinkToFit, upscale } from "./image.ts";
import { numberText } from "./numbers.ts";
import { bodyHeight, bodyWidth, composeSheet } from "./sheet.ts";
import { drawText, fitText, measureText } from "./text.ts";
import { seriesColors, theme } from "./theme.ts";

/** Options of {@linkcode atlasSheet}: what stands in the whole atlas. */
export interface AtlasSheetOptions {
  /** First line of the sheet; default the layer's name. */
  readonly title?: string;
  /** Name of the dataset. */
  readonly dataset?: string;
  /** Pictures that were looked at. */
  readonly pictures: number;
  /** Names of the classes. */
  readonly classNames?: readonly string[];
  /** Pictures of each class; empty where there are none. */
  readonly classCounts?: readonly number[];
}

/** Pixels a patch should take about and at most; between patches, the two blocks, and units. */
const SIDE = 40, MOST = 64, GUTTER = 1, BLOCKS = 8, BETWEEN = 16;
/** Height of a unit's first line and, with bars, of its last. */
const HEAD = 19, FOOT = 20;

type Shown = AtlasSheetOptions & { readonly layer: AtlasLayer };

/** How the units of a layer are laid out. */
interface Layout {
  /** Patches across and down. */
  readonly columns: number;
  readonly rows: number;
  /** Pixels a patch takes. */
  readonly tile: { readonly width: number; readonly height: number };
  /** Pixels a block of patches takes. */
  readonly block: { readonly width: number; readonly height: number };
  /** Pixels a unit takes. */
  readonly card: { readonly width: number; readonly height: number };
  /** Units beside each other. */
  readonly across: number;
}

function layoutOf({ sees }: AtlasLayer, top: number, bars: boolean): Layout {
  const columns = Math.ceil(Math.sqrt(top)), rows = Math.ceil(top / columns);
  const drawn = enlarged(createImage(sees.width || 1, sees.height || 1));
  const tile = { width: Math.max(12, drawn.width), height: drawn.height };
  const block = {
    width: columns * (tile.width + GUTTER) + GUTTER,
    height: rows * (tile.height + GUTTER) + GUTTER,
  };
  const card = {
    width: Math.max(190, 2 * block.width + BLOCKS),
    height: HEAD + block.height + (bars ? FOOT : 0),
  };
  const across = Math.max(1, Math.floor((bodyWidth + BETWEEN) / (card.width + BETWEEN)));
  return { columns, rows, tile, block, card, across };
}

/** Whether a layer's units are shown with a bar for each class. */
const withBars = ({ classCounts = [] }: { classCounts?: readonly number[] }) =>
  classCounts.length > 1;

/**
 * Which units of a layer go on which sheet, so that none is much higher than a screen: the first and
 * the one after the last of each.
 *
 * @param atlas The atlas that the layer is of.
 */
export function atlasPages(
  atlas: { readonly top: number; readonly classCounts: readonly number[] },
  layer: AtlasLayer,
): [from: number, to: number][] {
  const { card, across } = layoutOf(layer, atlas.top, withBars(atlas)), count = layer.units.length;
  const down = Math.max(1, Math.floor((bodyHeight + BETWEEN) / (card.height + BETWEEN)));
  const pages = Math.ceil(count / (down * across));
  // Equally many rows on each.
  const each = Math.ceil(Math.ceil(count / across) / pages) * across;
  return Array.from(
    { length: Math.ceil(count / each) },
    (_, page) => [page * each, Math.min(count, (page + 1) * each)],
  );
}

/** A whole number of times as large, or smaller, so that a patch is about as large as it should be. */
function enlarged(image: Image): Image {
  const side = Math.max(image.width, image.height);
  const factor = Math.max(2 * side <= MOST ? 2 : 1, Math.round(SIDE / side));
  return upscale(shrinkToFit(image, { width: MOST, height: MOST }), factor);
}

/** Paints one patch: numbers are spread from `low` to `high`, what is none is empty. */
function paintPatch(tensor: Tensor, index: number, low: number, high: number): Image {
  const [, height, width, channels] = tensor.shape, image = createImage(width, height, theme.line);
  const start = index * height * width * channels;
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let part = 0; part < 3; part++) {
      const value = tensor.data[start + pixel * channels + (channels === 3 ? part : 0)];
      if (Number.isNaN(value)) break;
      image.data[4 * pixel + part] = Math.round(255 * (value - low) / (high - low)); // clamps
    }
  }
  return image;
}

/** What all but the largest hundredth of a patch's values are below, in size; 1 where they are 0. */
function reachOf({ shape, data }: Tensor, index: number): number {
  const size = shape[1] * shape[2] * shape[3],
    own = data.subarray(index * size, (index + 1) * size);
  const sizes = own.filter((value) => !Number.isNaN(value)).map(Math.abs).sort();
  return sizes[Math.ceil(0.99 * sizes.length) - 1] || sizes[sizes.length - 1] || 1;
}

/** The patches or the projections of a unit. */
function drawBlock(
  layout: Layout,
  count: number,
  paint: (rank: number) => Image,
): Image {
  const { block, tile, columns } = layout,
    image = createImage(block.width, block.height, theme.line);
  for (let rank = 0; rank < count; rank++) {
    const x = GUTTER + (rank % columns) * (tile.width + GUTTER);
    const y = GUTTER + Math.floor(rank / columns) * (tile.height + GUTTER);
    blit(image, enlarged(paint(rank)), { x, y });
  }
  return image;
}

/** A bar for each class, and the name of the one that sets the unit off most. */
function drawClasses(
  image: Image,
  { classes }: AtlasUnit,
  { classCounts = [], classNames }: AtlasSheetOptions,
  place: { x: number; y: number; width: number; name: number },
): void {
  // Where all classes set it off alike, none stands out.
  const means = classes.map((sum, label) => sum / Math.max(1, classCounts[label]));
  const most = Math.max(...means), best = means.indexOf(most), height = 14;
  const pitch = place.width / means.length, gap = pitch >= 4 ? 1 : 0;
  const left = (label: number) => place.x + Math.round(label * pitch);
  const stands = most > 1.2 * means.reduce((sum, mean) => sum + mean, 0) / means.length;
  means.forEach((mean, label) => {
    const tall = most > 0 ? Math.max(1, Math.round(height * mean / most)) : 1;
    const bar = { x: left(label), y: place.y + height - tall, height: tall };
    const width = Math.max(1, left(label + 1) - left(label) - gap);
    fillRect(image, { ...bar, width }, stands && label === best ? seriesColors[0] : theme.line);
  });
  const name = classNames?.[best] ?? `class ${best}`;
  drawText(image, stands ? `most: ${name}` : "all classes alike", {
    x: place.name,
    y: place.y + 12,
    color: theme.muted,
    maxWidth: image.width - place.name,
  });
}

/** The class that a unit stands for, in a layer that has a unit for each. */
function classOf({ unit }: AtlasUnit, { classNames, layer }: Shown): string {
  const { shape } = layer;
  return shape.length === 1 && shape[0] === classNames?.length ? classNames[unit] : "";
}

/** One unit: a line about it, its patches and projections, its classes. */
function drawUnit(
  unit: AtlasUnit,
  pictures: AtlasPictures,
  layout: Layout,
  options: Shown,
): Image {
  const { card, block } = layout, image = createImage(card.width, card.height);
  const right = block.width + BLOCKS;
  const share = options.pictures ? unit.active / options.pictures : 0;
  const facts = unit.dead ? "" : `mean ${numberText(unit.mean)} · ${percent(share)}`;
  const name = classOf(unit, options);
  drawText(image, `unit ${unit.unit}${name && ` · ${name}`}`, {
    x: GUTTER,
    y: 13,
    maxWidth: card.width - measureText(facts).width - 12,
  });
  drawText(image, facts, { x: card.width - GUTTER, y: 13, align: "right", color: theme.muted });
  if (unit.dead) {
    const panel = { x: GUTTER, y: HEAD, width: card.width - 2 * GUTTER, height: block.height };
    fillRect(image, panel, theme.panel);
    const text = unit.active ? "dead: the same for every picture" : "dead: no picture sets it off";
    const y = HEAD + Math.round(block.height / 2) + 4;
    const fitted = fitText(text, card.width - 12);
    drawText(image, fitted, { x: card.width / 2, y, align: "center", color: theme.faint });
    return image;
  }
  const first = (unit.unit - pictures.from) * pictures.top, count = unit.strongest.length;
  const { patches, projections } = pictures;
  const seen = drawBlock(layout, count, (rank) => paintPatch(patches, first + rank, 0, 1));
  const told = drawBlock(layout, count, (rank) => {
    const reach = reachOf(projections, first + rank);
    return paintPatch(projections, first + rank, -reach, reach);
  });
  blit(image, seen, { x: 0, y: HEAD });
  blit(image, told, { x: right, y: HEAD });
  if (withBars(options)) {
    const y = HEAD + block.height + 4;
    drawClasses(image, unit, options, {
      x: GUTTER,
      y,
      width: block.width - 2 * GUTTER,
      name: right + GUTTER,
    });
  }
  return image;
}

/** The classes in their order, where they are few. */
function classList({ classNames = [] }: AtlasSheetOptions): string {
  return classNames.length && classNames.length <= 12 ? `: ${classNames.join(", ")}` : "";
}

/** `46 %`, `0.3 %`, `100 %`. */
function percent(share: number): string {
  const value = 100 * share;
  if (value === 0 || value === 100) return `${value} %`;
  return value < 1
    ? `${value.toFixed(value < 0.1 ? 2 : 1)} %`
    : `${Math.min(99, Math.round(value))} %`;
}

/**
 * Draws units of an atlas: of each the patches of the pictures that set it off most, strongest first,
 * and beside them what of each patch the deconvnet finds the activation in, on a scale of its own
 * around gray; above them the mean of these activations and how many of all pictures set the unit
 * off; below, how strongly each class does (Zeiler & Fergus 2014, figure 2).
 *
 * @param layer The layer of the atlas.
 * @param pictures Its pictures, of all units or of some: `atlasPages` says of which for sheets that are
 * not too high.
 * @throws {DeconvError} When the pictures are neither gray nor RGB.
 *
 * @example
 * ```ts
 * import { atlas, atlasPages, atlasPictures, atlasSheet, encodePng, preset, shapes } from "@deconv/deconv";
 * const net = preset("classifier").build({ seed: 0 }), data = shapes({ size: 20 });
 * const found = await atlas(net, data, { layers: ["relu1"] });
 * const [layer] = found.layers, [units] = atlasPages(found, layer);
 * const pictures = await atlasPictures(net, data, layer, { units });
 * console.log(encodePng(atlasSheet(layer, pictures!, found)).length > 0); // true
 * ```
 */
export function atlasSheet(
  layer: AtlasLayer,
  pictures: AtlasPictures,
  options: AtlasSheetOptions,
): Image {
  const { from, to, top, patches } = pictures, channels = patches.shape[3];
  if (channels !== 1 && channels !== 3) {
    throw new DeconvError(
      `Cannot draw patches of shape ${
        shapeText(patches.shape)
      }: pictures of 1 or 3 channels are needed`,
    );
  }
  const bars = withBars(options), layout = layoutOf(layer, top, bars);
  const { card, across } = layout, units = layer.units.slice(from, to);
  const columns = Math.min(across, units.length), rows = Math.ceil(units.length / columns);
  const body = createImage(
    columns * (card.width + BETWEEN) - BETWEEN,
    rows * (card.height + BETWEEN) - BETWEEN,
  );
  units.forEach((unit, i) => {
    blit(body, drawUnit(unit, pictures, layout, { ...options, layer }), {
      x: (i % columns) * (card.width + BETWEEN),
      y: Math.floor(i / columns) * (card.height + BETWEEN),
    });
  });
  const { sees, made } = layer, dead = layer.units.filter((unit) => unit.dead).length;
  const some = to - from < layer.units.length;
  const looked = `${options.pictures.toLocaleString("en")} pictures${
    options.dataset ? ` of ${options.dataset}` : ""
  }`;
  return composeSheet(body, {
    title: options.title ?? layer.layer,
    subtitle: [
      [
        made.join(" → "),
        some ? `units ${from} to ${to - 1} of ${layer.units.length}` : `${to} units`,
        `each sees ${sees.width}×${sees.height} pixels`,
        ...dead ? [`${dead} dead`] : [],
      ].join(" · "),
      `Left, the patches that set a unit off most, strongest first, of ${looked}. Right, that ` +
      "activation alone, projected to pixels by the deconvnet; gray is 0, each is on a scale of its " +
      "own, its largest hundredth cut off.",
      `Above, the mean of these activations and the share of all pictures that set the unit off.${
        bars ? ` Below, how strongly each class does${classList(options)}.` : ""
      }`,
    ],
  });
}
