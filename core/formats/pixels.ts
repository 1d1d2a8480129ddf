/** A decoded picture: whole numbers, row by row, channels interleaved. */
export interface Pixels {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 red, green and blue, 4 these and alpha. */
  readonly channels: number;
  /** The number that stands for full intensity, 255 for most pictures. */
  readonly max: number;
  /** `width * height * channels` numbers of 0 … `max`. */
  readonly data: Uint8Array | Uint16Array;
}

/** Pictures of more pixels than this are not decoded. */
export const MOST_PIXELS = 2 ** 26;
