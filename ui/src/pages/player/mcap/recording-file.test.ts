import { McapWriter, TempBuffer } from "@mcap/core";
import { expect, test } from "vitest";
import { crc32 } from "./chunks";
import { Decoders, Undecodable } from "./decoding";
import { BLOCK_BYTES, RangeSource } from "./range-source";
import { RecordingFile } from "./recording-file";

type Options = { compression?: "zstd"; chunkSize?: number; count?: number; padding?: number };

/** A frame of blocks that are stored as they are: it need not be small here. */
function inZstdFrame(data: Uint8Array): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(data.length), true);
  const parts: number[] = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, ...size];
  const most = 100_000;
  for (let from = 0; from < data.length; from += most) {
    const block = data.subarray(from, from + most);
    const head = (block.length << 3) | (from + most >= data.length ? 1 : 0);
    parts.push(head & 255, (head >> 8) & 255, head >> 16, ...block);
  }
  return Uint8Array.from(parts);
}

const NOISE = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 7919 + (at >> 3) * 104729) % 251);

/** Two topics, `/a` every 10 ns from 1000 and `/b` 5 ns later, the latter with `padding` bytes that do not compress. */
async function written({
  compression,
  chunkSize = 2_000,
  count = 200,
  padding = 0,
}: Options = {}): Promise<Uint8Array> {
  const writable = new TempBuffer();
  const compressChunk =
    compression === undefined ? undefined : (data: Uint8Array) => ({ compression, compressedData: inZstdFrame(data) });
  const writer = new McapWriter({ writable, compressChunk, chunkSize });
  await writer.start({ profile: "", library: "tests" });
  const schemaId = await writer.registerSchema({
    name: "n",
    encoding: "ros2msg",
    data: new TextEncoder().encode("int32 n"),
  });
  const a = await writer.registerChannel({ schemaId: 0, topic: "/a", messageEncoding: "json", metadata: new Map() });
  const b = await writer.registerChannel({ schemaId, topic: "/b", messageEncoding: "cdr", metadata: new Map() });
  for (let number = 0; number < count; number += 1) {
    const logTime = BigInt(1_000 + number * 10);
    const data = new TextEncoder().encode(JSON.stringify({ number }));
    await writer.addMessage({ channelId: a, sequence: number, logTime, publishTime: logTime, data });
    const noise = NOISE.slice(number, number + 8 + padding);
    noise.set([0, 1, 0, 0, number & 255, number >> 8, 0, 0]);
    const later = BigInt(1_005 + number * 10);
    await writer.addMessage({ channelId: b, sequence: number, logTime: later, publishTime: later, data: noise });
  }
  await writer.addMetadata({ name: "pilothouse", metadata: new Map([["pre_s", "60.0"]]) });
  await writer.end();
  return writable.get();
}

async function opened(options?: Options) {
  const bytes = await written(options);
  const asked: [number, number][] = [];
  const source = new RangeSource(async (from, to) => {
    asked.push([from, to]);
    return bytes.slice(from, to);
  }, bytes.length);
  return { file: await RecordingFile.open(source), source, asked, bytes };
}
const decoded = async (file: RecordingFile, topic: string, time: bigint) => {
  const found = await file.lastUntil(topic, time);
  return found === null || !("data" in found) ? null : new Decoders().decode(found.channel, found.schema, found.data);
};

for (const compression of [undefined, "zstd"] as const) {
  test(`the message at a time is the last until then, in ${compression ?? "stored"} chunks`, async () => {
    const { file } = await opened({ compression });
    expect(file.topics).toEqual(["/a", "/b"]);
    expect(file.startNs).toBe(1_000n);
    expect(await decoded(file, "/a", 999n)).toBeNull();
    expect(await decoded(file, "/a", 1_000n)).toEqual({ number: 0 });
    expect(await decoded(file, "/a", 1_779n)).toEqual({ number: 77 });
    expect(await decoded(file, "/a", 999_999n)).toEqual({ number: 199 });
    expect(await decoded(file, "/b", 1_000n + 10n * 150n + 14n)).toEqual({ n: 150 });
    expect(await decoded(file, "/none", 5_000n)).toBeNull();
  });
}

test("stepping goes to the next and the previous message, also over the edges of chunks", async () => {
  const { file } = await opened({ chunkSize: 300 });
  let time: bigint | null = 1_000n;
  for (let number = 1; number < 200; number += 1) {
    time = await file.stepFrom("/a", time ?? 0n, 1);
    expect(time).toBe(BigInt(1_000 + number * 10));
  }
  expect(await file.stepFrom("/a", time ?? 0n, 1)).toBeNull();
  expect(await file.stepFrom("/a", 1_500n, -1)).toBe(1_490n);
  expect(await file.stepFrom("/a", 1_505n, -1)).toBe(1_500n);
  expect(await file.stepFrom("/a", 1_000n, -1)).toBeNull();
});

test("all times of a topic, unless they are too many", async () => {
  const { file } = await opened();
  expect((await file.timesOf("/b"))?.slice(0, 3)).toEqual([1_005n, 1_015n, 1_025n]);
  const many = await opened({ chunkSize: 100 });
  expect(await many.file.timesOf("/b")).toBeNull();
});

test("metadata records are found by name", async () => {
  const { file } = await opened();
  expect((await file.metadata("pilothouse"))?.get("pre_s")).toBe("60.0");
  expect(await file.metadata("other")).toBeNull();
});

test("a small part of a large file is transferred, and nothing twice", async () => {
  const { file, source, asked, bytes } = await opened({ count: 150, padding: 60_000, chunkSize: 250_000 });
  expect(bytes.length).toBeGreaterThan(9_000_000);
  expect(source.transferred).toBeLessThan(4 * BLOCK_BYTES);
  for (let time = 1_000n; time < 2_500n; time += 300n) await file.lastUntil("/b", time);
  const after = source.transferred;
  expect(after).toBeLessThan(0.06 * bytes.length);
  const requests = asked.length;
  for (let time = 1_000n; time < 2_500n; time += 300n) await file.lastUntil("/b", time);
  expect(asked.length).toBe(requests);
});

test("of a large chunk that is packed nothing is fetched for one small message of it", async () => {
  const { file, source } = await opened({ compression: "zstd", chunkSize: 4 << 20, count: 20, padding: 60_000 });
  const before = source.transferred;

  expect(await file.lastUntil("/a", 1_100n)).toMatchObject({ channel: { topic: "/a" }, logTime: 1_100n });
  expect(source.transferred - before).toBeLessThan(200_000);
  expect(await file.stepFrom("/a", 1_100n, 1)).toBe(1_110n);
});

test("of a chunk that is not packed a message is fetched alone, however large the chunk", async () => {
  const { file, source } = await opened({ chunkSize: 4 << 20, count: 20, padding: 60_000 });
  const before = source.transferred;

  expect(await decoded(file, "/a", 1_100n)).toEqual({ number: 10 });
  expect(source.transferred - before).toBeLessThan(200_000);
});

test("a chunk that was damaged is said to be", async () => {
  const { bytes } = await opened({ compression: "zstd" });
  const bad = bytes.slice();
  for (let at = 300; at < 420; at += 1) bad[at] = 0;
  const file = await RecordingFile.open(new RangeSource(async (from, to) => bad.slice(from, to), bad.length));
  await expect(file.lastUntil("/a", 1_000n)).rejects.toThrow(/damaged|unpacked/);
});

test("a file without an index is not read from its beginning instead", async () => {
  const bytes = (await written()).slice(0, 5_000);
  const source = new RangeSource(async (from, to) => bytes.slice(from, to), bytes.length);
  await expect(RecordingFile.open(source)).rejects.toThrow();
  expect(source.transferred).toBeLessThanOrEqual(bytes.length);
});

test("an answer of another length is no answer", async () => {
  const source = new RangeSource(async () => new Uint8Array(3), 1_000_000);
  await expect(source.read(0n, 8n)).rejects.toThrow(/3 bytes instead of/);
  await expect(source.read(999_999n, 2n)).rejects.toThrow(/ends at byte/);
});

test("encodings that a browser cannot decode are named", async () => {
  const channel = {
    type: "Channel",
    id: 1,
    schemaId: 1,
    topic: "/x",
    messageEncoding: "flatbuffer",
    metadata: new Map(),
  };
  const schema = { type: "Schema", id: 1, name: "x", encoding: "flatbuffer", data: new Uint8Array() };
  const asking = new Decoders().decode(channel as never, schema as never, new Uint8Array());
  await expect(asking).rejects.toThrow(Undecodable);
  await expect(asking).rejects.toThrow(/flatbuffer/);
});

test("a checksum is that of zip files", () => expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926));

test("chunks may overlap in time: the last message until then may be in the one that ends earlier", async () => {
  const writable = new TempBuffer();
  const writer = new McapWriter({ writable, chunkSize: 50 });
  await writer.start({ profile: "", library: "tests" });
  const channelId = await writer.registerChannel({
    schemaId: 0,
    topic: "/a",
    messageEncoding: "json",
    metadata: new Map(),
  });
  const chunks = [
    [10n, 100n],
    [40n, 60n],
    [30n, 80n],
  ];
  for (const logTime of chunks.flat()) {
    const data = new TextEncoder().encode(`{"t":${logTime}}`);
    await writer.addMessage({ channelId, sequence: 0, logTime, publishTime: logTime, data });
  }
  await writer.end();
  const bytes = writable.get();
  const file = await RecordingFile.open(new RangeSource(async (from, to) => bytes.slice(from, to), bytes.length));

  for (const [time, last] of [
    [70n, 60n],
    [59n, 40n],
    [35n, 30n],
    [99n, 80n],
    [100n, 100n],
  ] as const) {
    expect((await file.lastUntil("/a", time))?.logTime).toBe(last);
  }
  const steps = [10n, 30n, 40n, 60n, 80n, 100n];
  for (const [index, time] of steps.entries()) {
    expect(await file.stepFrom("/a", time, 1)).toBe(steps[index + 1] ?? null);
    expect(await file.stepFrom("/a", time, -1)).toBe(steps[index - 1] ?? null);
  }
});
