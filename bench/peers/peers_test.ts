import { deepStrictEqual as same, ok, strictEqual } from "node:assert";
import { channelsFirst, channelsLast, permute } from "./layout.ts";
import { TextLineStream } from "./lines.ts";
import { difference } from "./peer.ts";
import { ProtobufWriter } from "./protobuf.ts";

Deno.test("protocol buffers are those of the documentation's examples", () => {
  const inner = new ProtobufWriter().integer(1, 150);
  same([...inner.finish()], [0x08, 0x96, 0x01]);
  same([...new ProtobufWriter().bytes(2, "testing").finish()], [
    0x12,
    7,
    ...new TextEncoder().encode("testing"),
  ]);
  same([...new ProtobufWriter().bytes(3, inner).finish()], [0x1a, 3, 0x08, 0x96, 0x01]);
  same([...new ProtobufWriter().integers(6, [3, 270, 86942]).finish()], [
    0x32,
    6,
    3,
    0x8e,
    2,
    0x9e,
    0xa7,
    5,
  ]);
});

Deno.test("layouts are permutations that come back", () => {
  const data = Float32Array.from({ length: 2 * 3 * 4 * 5 }, (_, i) => i);
  const first = channelsFirst(data, [3, 4, 5]);
  strictEqual(first[3 * 4], 1); // the second channel of the first pixel
  same(channelsLast(first, [3, 4, 5]), data);
  same([...permute(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0])], [1, 4, 2, 5, 3, 6]);
});

Deno.test("results that differ are told apart", () => {
  const ours = Float32Array.of(0.5, 0.25);
  strictEqual(difference(Float32Array.of(0.50005, 0.25), ours), null);
  ok(difference(Float32Array.of(0.501, 0.25), ours)?.includes("1.0e-3"));
  ok(difference(Float32Array.of(NaN, 0.25), ours));
  ok(difference(Float32Array.of(0.5), ours));
  strictEqual(difference(0.70001, 0.7), null);
  ok(difference(0.71, 0.7));
});

Deno.test("a stream is cut into lines", async () => {
  const lines = ReadableStream.from(["a\nb", "c\n", "d"]).pipeThrough(new TextLineStream());
  same(await Array.fromAsync(lines), ["a", "bc", "d"]);
});
