import { McapIndexedReader, type McapTypes } from "@mcap/core";
import { decompress as decompressZstd } from "fzstd";
import { BoundedCache } from "./bounded";
import { CannotRead, type ChunkIndex, Chunks } from "./chunks";
import { decompressLz4 } from "./lz4";
import type { RangeSource } from "./range-source";

export type Channel = McapTypes.TypedMcapRecords["Channel"];
export type Schema = McapTypes.TypedMcapRecords["Schema"];
export type Found = {
  channel: Channel;
  schema: Schema | undefined;
  logTime: bigint;
  publishTime: bigint;
  data: Uint8Array;
};
/** A message that is packed together with so much else that the page does not fetch it. */
export type Beyond = { channel: Channel; logTime: bigint; chunkBytes: number };

/** Where the messages of a channel stand within a chunk, by time. */
type Index = { times: BigUint64Array; offsets: Float64Array };
type Place = { chunk: ChunkIndex; channelId: number; time: bigint; offset: number };

const INDEX_CACHE_BYTES = 16 << 20;
// What is read to tell where a topic is silent: each chunk takes a request of its own.
const MOST_INDEXED_CHUNKS = 64;
const MESSAGE_INDEX = 0x07;
const RECORD_HEAD = 9;
const INDEX_HEAD = RECORD_HEAD + 6;
const ENTRY_BYTES = 16;
const MESSAGE_HEAD = 2 + 4 + 8 + 8;

/** A recording on the hub, of which only the summary, indexes and the chunks that are looked at are read. */
export class RecordingFile {
  private readonly chunks: Chunks;
  private readonly indexes = new BoundedCache<bigint, Promise<Uint8Array>>(INDEX_CACHE_BYTES);

  private constructor(
    readonly source: RangeSource,
    private readonly reader: McapIndexedReader,
  ) {
    this.chunks = new Chunks(source);
  }

  /** Raises what is wrong with the file, as a sentence. */
  static async open(source: RangeSource): Promise<RecordingFile> {
    const decompressHandlers = {
      zstd: (packed: Uint8Array, size: bigint) => decompressZstd(packed, new Uint8Array(Number(size))),
      lz4: (packed: Uint8Array, size: bigint) => decompressLz4(packed, Number(size)),
    };
    return new RecordingFile(source, await McapIndexedReader.Initialize({ readable: source, decompressHandlers }));
  }

  get topics(): string[] {
    return [...new Set([...this.reader.channelsById.values()].map((channel) => channel.topic))].sort();
  }

  /** When its first message was recorded: its times are counted from here. */
  get startNs(): bigint | null {
    return this.reader.statistics?.messageStartTime ?? this.reader.chunkIndexes[0]?.messageStartTime ?? null;
  }

  async metadata(name: string): Promise<ReadonlyMap<string, string> | null> {
    for await (const record of this.reader.readMetadata({ name })) return record.metadata;
    return null;
  }

  /** The last message of a topic at or before a time. */
  async lastUntil(topic: string, time: bigint): Promise<Found | Beyond | null> {
    const place = await this.placeBefore(topic, time, true);
    if (place === null) return null;
    const { chunk } = place;
    const channel = this.reader.channelsById.get(place.channelId);
    if (this.chunks.isCheap(chunk) || channel === undefined) return this.message(place);
    return { channel, logTime: place.time, chunkBytes: Number(chunk.chunkLength) };
  }

  /** When the message before or after a time was recorded; only indexes are read for it. */
  async stepFrom(topic: string, time: bigint, direction: 1 | -1): Promise<bigint | null> {
    const place = direction === -1 ? await this.placeBefore(topic, time, false) : await this.placeAfter(topic, time);
    return place?.time ?? null;
  }

  /** The times of all messages of a topic, in order; null when that would be too many indexes to read. */
  async timesOf(topic: string): Promise<bigint[] | null> {
    const chunks = this.chunksOf(this.channelsOf(topic));
    if (chunks.length > MOST_INDEXED_CHUNKS) return null;
    const times: bigint[] = [];
    for (const [chunk, channelId] of chunks) times.push(...(await this.index(chunk, channelId)).times);
    return times.sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  }

  private channelsOf(topic: string): Channel[] {
    return [...this.reader.channelsById.values()].filter((channel) => channel.topic === topic);
  }

  private chunksOf(channels: Channel[]): [ChunkIndex, number][] {
    const found: [ChunkIndex, number][] = [];
    let isIndexed = false;
    for (const chunk of this.reader.chunkIndexes) {
      isIndexed ||= chunk.messageIndexOffsets.size > 0;
      for (const channel of channels) if (chunk.messageIndexOffsets.has(channel.id)) found.push([chunk, channel.id]);
    }
    if (!isIndexed && this.reader.statistics?.messageCount !== 0n)
      throw new CannotRead("This file has no index of its messages.");
    return found;
  }

  private async placeBefore(topic: string, time: bigint, isIncluded: boolean): Promise<Place | null> {
    const until = isIncluded ? time : time - 1n;
    const candidates = this.chunksOf(this.channelsOf(topic)).filter(([chunk]) => chunk.messageStartTime <= until);
    const latest = (chunk: ChunkIndex) => (chunk.messageEndTime < until ? chunk.messageEndTime : until);
    candidates.sort(([one], [other]) => Number(latest(other) - latest(one)));
    let best: Place | null = null;
    for (const [chunk, channelId] of candidates) {
      if (best !== null && best.time >= latest(chunk)) break;
      const { times, offsets } = await this.index(chunk, channelId);
      const at = countUntil(times, until) - 1;
      const found = times[at];
      if (found === undefined || (best !== null && found <= best.time)) continue;
      best = { chunk, channelId, time: found, offset: offsets[at] ?? 0 };
    }
    return best;
  }

  private async placeAfter(topic: string, time: bigint): Promise<Place | null> {
    const candidates = this.chunksOf(this.channelsOf(topic)).filter(([chunk]) => chunk.messageEndTime > time);
    const earliest = (chunk: ChunkIndex) => (chunk.messageStartTime > time ? chunk.messageStartTime : time + 1n);
    candidates.sort(([one], [other]) => Number(earliest(one) - earliest(other)));
    let best: Place | null = null;
    for (const [chunk, channelId] of candidates) {
      if (best !== null && best.time <= earliest(chunk)) break;
      const { times, offsets } = await this.index(chunk, channelId);
      const at = countUntil(times, time);
      const found = times[at];
      if (found === undefined || (best !== null && found >= best.time)) continue;
      best = { chunk, channelId, time: found, offset: offsets[at] ?? 0 };
    }
    return best;
  }

  private async message({ chunk, channelId, offset }: Place): Promise<Found> {
    const content = await this.chunks.record(chunk, offset);
    const channel = this.reader.channelsById.get(channelId);
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    if (content.length < MESSAGE_HEAD || view.getUint16(0, true) !== channelId || channel === undefined) {
      throw new CannotRead("There is no message where the index of the file says: it is damaged.");
    }
    return {
      channel,
      schema: this.reader.schemasById.get(channel.schemaId),
      logTime: view.getBigUint64(6, true),
      publishTime: view.getBigUint64(14, true),
      data: content.slice(MESSAGE_HEAD),
    };
  }

  private async index(chunk: ChunkIndex, channelId: number): Promise<Index> {
    const at = chunk.messageIndexOffsets.get(channelId) ?? 0n;
    const region = await this.indexRegion(chunk);
    const begin = Number(at - chunk.chunkStartOffset - chunk.chunkLength);
    return indexOf(region.subarray(Math.max(begin, 0)));
  }

  /** The indexes of a chunk stand behind it, those of all its channels beside each other. */
  private indexRegion(chunk: ChunkIndex): Promise<Uint8Array> {
    const kept = this.indexes.get(chunk.chunkStartOffset);
    if (kept !== undefined) return kept;
    const size = chunk.messageIndexLength;
    if (size > INDEX_CACHE_BYTES) throw new CannotRead("The index of this chunk is too large for a browser.");
    const reading = this.source.readExactly(chunk.chunkStartOffset + chunk.chunkLength, size);
    this.indexes.set(chunk.chunkStartOffset, reading, Number(size));
    reading.catch(() => this.indexes.delete(chunk.chunkStartOffset));
    return reading;
  }
}

/** The index of one channel, at the beginning of these bytes. */
function indexOf(bytes: Uint8Array): Index {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < INDEX_HEAD ? 0 : Math.floor(view.getUint32(RECORD_HEAD + 2, true) / ENTRY_BYTES);
  if (bytes[0] !== MESSAGE_INDEX || INDEX_HEAD + count * ENTRY_BYTES > bytes.length) {
    throw new CannotRead("There is no index where the summary of the file says: it is damaged.");
  }
  const entries = Array.from({ length: count }, (_, number) => INDEX_HEAD + number * ENTRY_BYTES);
  const timeAt = (entry: number) => view.getBigUint64(entry, true);
  // Writers need not write messages in the order of their times.
  entries.sort((one, other) => (timeAt(one) < timeAt(other) ? -1 : timeAt(one) > timeAt(other) ? 1 : 0));
  return {
    times: BigUint64Array.from(entries, timeAt),
    offsets: Float64Array.from(entries, (entry) => Number(view.getBigUint64(entry + 8, true))),
  };
}

/** How many of the times are at or before one. */
function countUntil(times: BigUint64Array, until: bigint): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0n) <= until) low = middle + 1;
    else high = middle;
  }
  return low;
}
