/** Text, sound and iterables as datasets. */
import assert from "node:assert/strict";
import { batchesOf, fromIterable, type Sample } from "../core/data/iterable.ts";
import { fromSamples, openWav, wav } from "../core/data/sound.ts";
import { fromText, type TextOptions } from "../core/data/text.ts";
import { tensor } from "../core/tensor.ts";
import { bytesSource, readPictures, refusal, withFiles } from "./harness/data_files.ts";

Deno.test("windows of a text and what follows them", async () => {
  const spell = (numbers: Float32Array, alphabet: readonly string[]) =>
    Array.from(numbers, (number) => alphabet[number]).join("");
  const read = async (options: TextOptions) => {
    const dataset = fromText("abracadabra 😀!", options);
    const { x, targets } = await readPictures(dataset, [0, dataset.size - 1]);
    return [...x, ...targets].map((numbers) => spell(numbers, dataset.classNames!));
  };
  assert.deepEqual(await read({ length: 4 }), ["abra", "ra 😀", "c", "!"]);
  assert.deepEqual(await read({ length: 4, stride: 3, target: "shifted" }), [
    "abra",
    "ra 😀",
    "brac",
    "a 😀!",
  ]);
  assert.deepEqual((await read({ length: 2, target: "none" })).slice(0, 2), ["ab", "😀!"]);
  const known = fromText("abz", { length: 2, target: "none", alphabet: "_ab", unknown: "_" });
  assert.deepEqual(await readPictures(known, [1]), {
    x: [Float32Array.of(2, 0)],
    targets: [Float32Array.of(-1)],
  });
  const wrong = (options: Partial<TextOptions>, pattern: RegExp) =>
    assert.throws(() => fromText("abc", { length: 2, ...options }), refusal(pattern));
  wrong({ length: 3 }, /text into windows of 3 characters and 1 after it: it has only 3/);
  wrong({ length: 0 }, /windows of length 0: give a whole/);
  wrong({ stride: 1.5 }, /windows of stride 1.5/);
  wrong({ alphabet: "ab" }, /character 2 of text, "c": it is not in the alphabet/);
  wrong({ alphabet: "abca" }, /has a character twice/);
  wrong({ unknown: "?" }, /"\?" for unknown characters of text: it is not/);
  wrong({ target: "last" as "next" }, /target "last" of text: use "next"/);
});

/** A WAV file with an odd chunk before its samples. */
function wavBytes(
  { code = 1, bits, channels = 1, extensible = false }: {
    code?: number;
    bits: number;
    channels?: number;
    extensible?: boolean;
  },
  body: readonly number[],
): Uint8Array {
  const u16 = (value: number) => [value & 255, value >> 8];
  const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
  const text = (value: string) => Array.from(value, (letter) => letter.charCodeAt(0));
  const frame = channels * bits / 8;
  const format = [
    ...u16(extensible ? 0xfffe : code),
    ...u16(channels),
    ...u32(8000),
    ...u32(8000 * frame),
    ...u16(frame),
    ...u16(bits),
    ...(extensible
      ? [...u16(22), ...u16(bits), ...u32(0), ...u16(code), ...new Array(14).fill(9)]
      : []),
  ];
  const chunks = [
    ...text("LIST"),
    ...u32(3),
    1,
    2,
    3,
    0,
    ...text("fmt "),
    ...u32(format.length),
    ...format,
    ...text("data"),
    ...u32(body.length),
    ...body,
  ];
  return Uint8Array.from([...text("RIFF"), ...u32(4 + chunks.length), ...text("WAVE"), ...chunks]);
}

Deno.test("every kind of WAV samples", async () => {
  const float = (...values: number[]) => [...new Uint8Array(Float32Array.from(values).buffer)];
  const double = (...values: number[]) => [...new Uint8Array(Float64Array.from(values).buffer)];
  for (
    const [format, body, expected] of [
      [{ bits: 8 }, [0, 128, 192], [-1, 0, 0.5]],
      [{ bits: 16 }, [0, 0x80, 0, 0x40], [-1, 0.5]],
      [{ bits: 24 }, [0, 0, 0x80, 1, 0, 0], [-1, 2 ** -23]],
      [{ bits: 32 }, [0, 0, 0, 0x80, 0, 0, 0, 0x20], [-1, 0.25]],
      [{ code: 3, bits: 32 }, float(0.75, -2), [0.75, -2]],
      [{ code: 3, bits: 64, extensible: true }, double(0.125, 1), [0.125, 1]],
    ] as const
  ) {
    for (const wait of [false, true]) {
      const source = bytesSource("s.wav", wavBytes(format, body), wait);
      const { dataset, sampleRate } = await wav(source, { length: expected.length });
      assert.equal(sampleRate, 8000);
      assert.deepEqual((await readPictures(dataset, [0])).x, [Float32Array.from(expected)]);
    }
  }
});

Deno.test("windows of sound, from a file and from memory", async () => {
  const stereo = wavBytes({ bits: 8, channels: 2 }, [128, 0, 192, 64, 128, 128, 64, 0, 128, 192]);
  await withFiles({ "rain.wav": stereo }, async (folder) => {
    const options = { length: 2, stride: 3, label: 1, classNames: ["sun", "rain"] };
    const { dataset, close } = await openWav(`${folder}/rain.wav`, options);
    assert.deepEqual([dataset.name, dataset.size, dataset.shape], ["rain.wav", 2, [2, 2]]);
    const { x, targets } = await readPictures(dataset, [1, 0]);
    assert.deepEqual(x[0], Float32Array.of(-0.5, -1, 0, 0.5));
    assert.deepEqual(targets, [Float32Array.of(1), Float32Array.of(1)]);
    close();
    await assert.rejects(
      openWav(`${folder}/rain.wav`, { length: 6 }),
      refusal(/rain\.wav into win/),
    );
  });
  const mono = fromSamples(tensor([0, 1, 2, 3, 4]), { length: 2 });
  assert.deepEqual([mono.size, mono.shape], [2, [2, 1]]);
  assert.deepEqual(await readPictures(mono, [1]), {
    x: [Float32Array.of(2, 3)],
    targets: [Float32Array.of(-1)],
  });
  assert.throws(
    () => fromSamples(tensor([1, 2], [1, 2, 1]), { length: 1 }),
    refusal(/samples of shape \[1,2,1\] into windows: give \[samples, channels\]/),
  );
});

Deno.test("a WAV file cut anywhere, or of another kind, is refused", async () => {
  const whole = wavBytes({ bits: 16, extensible: true }, [1, 2, 3, 4]);
  const wrong = (bytes: Uint8Array, pattern: RegExp) =>
    assert.rejects(wav(bytesSource("s", bytes), { length: 1 }), refusal(pattern));
  for (let length = 0; length < whole.length; length++) {
    await wrong(whole.slice(0, length), /Cannot read s as WAV: it is cut short/);
  }
  await wrong(Uint8Array.from([...whole].map((byte, i) => i === 8 ? 0 : byte)), /not begin like/);
  await wrong(wavBytes({ code: 2, bits: 16 }, [1, 2]), /format 2 with 16 bits; save it as PCM/);
  await wrong(wavBytes({ bits: 12 }, []), /format 1 with 12 bits/);
  await wrong(wavBytes({ bits: 16, channels: 0 }, []), /it is damaged/);
  await wrong(wavBytes({ bits: 16 }, [1, 2, 3]), /3 bytes of samples are not whole frames of 2/);
});

function* counted(count: number): Generator<Sample> {
  for (let i = 0; i < count; i++) yield { x: tensor([i, -i]), target: i };
}

Deno.test("fromIterable holds everything, if it fits and is alike", async () => {
  const dataset = await fromIterable(counted(5), { name: "five", classNames: ["a"] });
  assert.deepEqual([dataset.name, dataset.size, dataset.shape, dataset.targetShape], [
    "five",
    5,
    [2],
    undefined,
  ]);
  assert.deepEqual(await readPictures(dataset, [3]), {
    x: [Float32Array.of(3, -3)],
    targets: [Float32Array.of(3)],
  });
  async function* later() {
    await Promise.resolve();
    yield { x: tensor([1]), target: tensor([2, 3]) };
  }
  assert.deepEqual((await fromIterable(later())).targetShape, [2]);
  const none = await fromIterable([{ x: tensor([1]) }]);
  assert.deepEqual((await readPictures(none, [0])).targets, [Float32Array.of(-1)]);
  await assert.rejects(fromIterable([]), refusal(/iterable: it gave no pictures/));
  await assert.rejects(
    fromIterable(counted(99), { limit: 100 }),
    refusal(/after 8 pictures it takes more than 100 bytes/),
  );
  await assert.rejects(
    fromIterable([{ x: tensor([1]) }, { x: tensor([1]), target: tensor([1]) }]),
    refusal(
      /picture 1 of iterable: it is \[1\] with a target \[1\], and the first is \[1\] with \[\]/,
    ),
  );
  await assert.rejects(
    fromIterable([{ x: { shape: [3], data: new Float32Array(2) } }]),
    refusal(/picture 0 of iterable: its shape does not fit/),
  );
});

Deno.test("batchesOf streams, in order or mixed as far as its buffer reaches", async () => {
  const read = async (buffer: number, seed = 0) => {
    const batches: number[][] = [];
    for await (const batch of batchesOf(counted(10), { batchSize: 4, buffer, seed })) {
      assert.deepEqual(batch.x.shape, [batch.indices.length, 2]);
      assert.deepEqual([...batch.indices], [...batch.labels.data]);
      assert.equal(batch.number, batches.length);
      batches.push([...batch.indices]);
    }
    return batches;
  };
  assert.deepEqual(await read(1), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  const mixed = await read(4), order = mixed.flat();
  assert.deepEqual(await read(4), mixed);
  assert.notDeepEqual(await read(4, 1), mixed);
  assert.notDeepEqual(order, [...order].sort((a, b) => a - b));
  assert.deepEqual([...order].sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  order.forEach((index, place) => assert.ok(index <= place + 3)); // no further ahead than the buffer
  await assert.rejects(batchesOf(counted(1), { buffer: 0 }).next(), refusal(/buffer 0: give/));
  function* endless() {
    for (let i = 0;; i++) yield { x: tensor([i]) };
  }
  for await (const { number } of batchesOf(endless(), { buffer: 8 })) if (number === 3) break;
});
