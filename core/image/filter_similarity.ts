import type { Image } from "./image.ts";
import { matrixBody } from "./matrix.ts";
import { numberText, sentence } from "./numbers.ts";
import { bodyWidth, composeSheet } from "./sheet.ts";

/** What {@linkcode filterSimilaritySheet} draws. */
export interface SimilarityPicture {
  /** The layer's name. */
  readonly layer: string;
  /** Filters. */
  readonly filters: number;
  /** Cosines between any two, row by row. */
  readonly cosines: Float32Array;
  /** The order of rows and columns. */
  readonly order: readonly number[];
  /** Groups of near-duplicates. */
  readonly clusters: readonly (readonly number[])[];
  /** Filters of zeros. */
  readonly zeros: readonly number[];
}

/**
 * Draws how alike the filters of a layer are: a table of cosines, in an order in which each stands beside one
 * like it, so that groups of near-duplicates are red squares on the diagonal.
 *
 * @example
 * ```ts
 * import { encodePng, filterSimilarity, filterSimilaritySheet, preset } from "@deconv/deconv";
 * const found = filterSimilarity(preset("article-cnn").build(), "conv1");
 * console.log(encodePng(filterSimilaritySheet(found)).length > 0); // true
 * ```
 */
export function filterSimilaritySheet(
  found: SimilarityPicture,
  { title = `${found.layer} · likeness of filters` }: { title?: string } = {},
): Image {
  const { filters, cosines, order, clusters, zeros } = found;
  const data = new Float32Array(filters * filters);
  let sum = 0;
  order.forEach((a, i) =>
    order.forEach((b, j) => {
      data[i * filters + j] = cosines[a * filters + b];
      if (a !== b) sum += Math.abs(cosines[a * filters + b]);
    })
  );
  const scale = { colormap: "blue-white-red", low: -1, high: 1 } as const;
  const body = matrixBody(
    { data, width: filters, height: filters, offset: 0, rowStride: filters, columnStride: 1 },
    {
      scaleOfRow: () => scale,
      rowAxis: "place ↓",
      columnAxis: "place →",
      width: Math.min(bodyWidth, 32 * filters + 60),
      height: Math.min(1200, Math.max(160, 28 * filters)),
    },
  );
  const groups = clusters.slice(0, 12).map((group) => `{${group.join(", ")}}`).join(" ");
  return composeSheet(body.image, {
    title,
    subtitle: [
      sentence(
        `${filters} filters`,
        `mean |cosine| ${numberText(filters > 1 ? sum / (filters * (filters - 1)) : 0)}`,
        zeros.length ? `${zeros.length} of zeros` : "",
      ),
      clusters.length
        ? `Near-duplicates: ${groups}${clusters.length > 12 ? " …" : ""}`
        : "No near-duplicates",
      `In this order: ${order.join(", ")}`,
    ],
    legends: [{ label: "cosine between weights", scale }],
  });
}
