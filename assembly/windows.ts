// Windows: of which source pixels each output pixel is made. Along each axis an output cell takes the
// source cells of one span, each with a weight; core/windows.ts builds the tables. Pooling and
// resampling are walks over windows, and so are their gradients: there the spans are turned round.

/** A table. All i32; the spans of the output's rows and columns follow, then their weights. */
@unmanaged
export class Windows {
  pictures: i32;
  sourceHeight: i32;
  sourceWidth: i32;
  outputHeight: i32;
  outputWidth: i32;
  channels: i32;
  /** Output pixels a chunk makes. */
  each: i32;
}

/** Bytes of the record before the spans. */
const HEAD: usize = 7 * 4;

/** The source cells of one output cell along one axis. */
@unmanaged
export class Span {
  first: i32;
  count: i32;
  /** Where its weights (f32) are, in bytes from the table's start. */
  weights: i32;
}

/** Bytes of a span. */
const SPAN: usize = 3 * 4;

/** Rows of the source that row `y` of an output picture is made of. */
export function rowSpan(w: Windows, y: i32): Span {
  return changetype<Span>(changetype<usize>(w) + HEAD + <usize> y * SPAN);
}

/** Columns of the source that column `x` is made of. */
export function columnSpan(w: Windows, x: i32): Span {
  return rowSpan(w, w.outputHeight + x);
}

/** A pass over windows: what its pixels are made of and where they go. */
@unmanaged
export class Pass {
  windows: Windows;
  kind: i32;
  source: usize;
  switches: usize;
  output: usize;
  flag: i32;
}

/** Bytes of a pixel. */
export function pixelBytes(p: Pass): usize {
  return <usize> p.windows.channels * 4;
}

/** Bytes of a row of the source. */
export function lineBytes(p: Pass): usize {
  return <usize> p.windows.sourceWidth * pixelBytes(p);
}
