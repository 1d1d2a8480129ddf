// deno-lint-ignore-file no-unused-vars -- AssemblyScript: a class is a layout, used as a type
// Max unpooling: every value is added where its switch points, in the order of the values. The
// gradient looks there.

import { ARGUMENTS, workspace } from "./memory";
import { parallel } from "./parallel";

/** Channels of a chunk that scatters: a cache line, so that chunks do not share any. */
const LINE: i32 = 16;
/** Values a chunk that gathers looks up, about. */
const CHUNK: i32 = 8192;

@unmanaged
class Unpool {
  pictures: i32;
  /** Pixels of a picture of values, and of an unpooled one. */
  pixels: i32;
  places: i32;
  channels: i32;
  values: usize;
  switches: usize;
  output: usize;
  gate: i32;
}

/** The place a switch points to; -1 where there is none. */
function placeOf(at: usize, places: i32): i32 {
  const number = load<f32>(at), place = <i32> number;
  return <f32> place == number && <u32> place < <u32> places ? place : -1;
}

function scatterChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Unpool>(ARGUMENTS), groups = (a.channels + LINE - 1) / LINE;
  const n = chunk / groups, first = (chunk - n * groups) * LINE;
  const some = min(LINE, a.channels - first), line = <usize> a.channels * 4;
  const output = a.output + <usize> (n * a.places) * line + <usize> first * 4;
  let from = <usize> (n * a.pixels) * line + <usize> first * 4, wrong = 0;
  for (let i = a.pixels; i > 0; i--, from += line) {
    for (let c: usize = 0; c < <usize> some * 4; c += 4) {
      const place = placeOf(a.switches + from + c, a.places);
      if (place < 0) wrong = 1;
      else {
        const to = output + <usize> place * line + c;
        store<f32>(to, load<f32>(to) + load<f32>(a.values + from + c));
      }
    }
  }
  if (wrong) atomic.store<i32>(workspace(), 1);
}

/** Adds values to the output where their switches point; 1 if one points nowhere. Workspace: a word. */
export function unpool_scatter(
  pictures: i32,
  pixels: i32,
  places: i32,
  channels: i32,
  values: usize,
  switches: usize,
  output: usize,
): i32 {
  const a = changetype<Unpool>(ARGUMENTS);
  a.pixels = pixels, a.places = places, a.channels = channels;
  a.values = values, a.switches = switches, a.output = output;
  atomic.store<i32>(workspace(), 0);
  parallel(scatterChunk.index, pictures * ((channels + LINE - 1) / LINE));
  return atomic.load<i32>(workspace());
}

function gatherChunk(chunk: i32, _thread: i32): void {
  const a = changetype<Unpool>(ARGUMENTS), line = <usize> a.channels * 4;
  const each = max(1, CHUNK / a.channels), begin = chunk * each;
  const end = min(begin + each, a.pictures * a.pixels);
  for (let i = begin; i < end; i++) {
    const picture = a.output + <usize> (i / a.pixels * a.places) * line;
    for (let c = <usize> i * line, last = c + line, k: usize = 0; c < last; c += 4, k += 4) {
      const place = placeOf(a.switches + c, a.places), to = a.values + c;
      const kept = place >= 0 && !(a.gate && !(load<f32>(to) > 0));
      store<f32>(to, kept ? load<f32>(picture + <usize> place * line + k) : 0);
    }
  }
}

/** values = the output where their switches point; with `gate` only where they were above 0, else 0. */
export function unpool_gather(
  pictures: i32,
  pixels: i32,
  places: i32,
  channels: i32,
  values: usize,
  switches: usize,
  output: usize,
  gate: i32,
): void {
  const a = changetype<Unpool>(ARGUMENTS);
  a.pictures = pictures, a.pixels = pixels, a.places = places, a.channels = channels;
  a.values = values, a.switches = switches, a.output = output, a.gate = gate;
  const each = max(1, CHUNK / channels);
  parallel(gatherChunk.index, (pictures * pixels + each - 1) / each);
}
