import type { McapTypes } from "@mcap/core";
import { decompress as decompressZstd } from "fzstd";
import { BoundedCache } from "./bounded";
import { decompressLz4 } from "./lz4";
import type { RangeSource } from "./range-source";

export type ChunkIndex = McapTypes.TypedMcapRecords["ChunkIndex"];

const CACHE_BYTES = 48 << 20;
// A browser that unpacks more than this at once stands still for seconds.
const LARGEST_CHUNK_BYTES = 128 << 20;
const RECORD_HEAD = 9;
const CHUNK = 0x06;

export class CannotRead extends Error {}

// Of a chunk that is packed all is needed for one message of it. One with pictures in it is megabytes: looked at a
// dozen times that is more than the whole page may transfer, and the hub has them beside it.
const MOST_PACKED_BYTES = 768 << 10;

/** The records within chunks, fetched and unpacked when a message of them is asked for. */
export class Chunks {
  private readonly unpacked = new BoundedCache<bigint, Promise<Uint8Array>>(CACHE_BYTES);

  constructor(private readonly source: RangeSource) {}

  /** Whether a message of this chunk can be had by reading little. */
  isCheap(chunk: ChunkIndex): boolean {
    const isKept = this.unpacked.get(chunk.chunkStartOffset) !== undefined;
    return chunk.compression === "" || isKept || Number(chunk.chunkLength) <= MOST_PACKED_BYTES;
  }

  /** The content of the record that begins at `offset` among the records of a chunk. */
  async record(chunk: ChunkIndex, offset: number): Promise<Uint8Array> {
    if (chunk.compression === "") return this.stored(chunk, offset);
    const records = await this.records(chunk);
    const length = lengthAt(records, offset);
    return records.subarray(offset + RECORD_HEAD, offset + RECORD_HEAD + length);
  }

  /** Of a chunk that is not compressed only the one record is read. */
  private async stored(chunk: ChunkIndex, offset: number): Promise<Uint8Array> {
    const at = chunk.chunkStartOffset + BigInt(headOf(chunk) + offset);
    const length = lengthAt(await this.source.read(at, BigInt(RECORD_HEAD)), 0);
    if (length > LARGEST_CHUNK_BYTES) throw new CannotRead("This message is too large for a browser.");
    return this.source.read(at + BigInt(RECORD_HEAD), BigInt(length));
  }

  private records(chunk: ChunkIndex): Promise<Uint8Array> {
    const kept = this.unpacked.get(chunk.chunkStartOffset);
    if (kept !== undefined) return kept;
    const size = Number(chunk.uncompressedSize);
    if (size > LARGEST_CHUNK_BYTES || Number(chunk.chunkLength) > LARGEST_CHUNK_BYTES) {
      const mb = Math.round(size / 1e6);
      throw new CannotRead(`This message is in a chunk of ${mb} MB, which is too much for a browser to unpack.`);
    }
    const unpacking = this.unpack(chunk, size);
    this.unpacked.set(chunk.chunkStartOffset, unpacking, size);
    unpacking.catch(() => this.unpacked.delete(chunk.chunkStartOffset));
    return unpacking;
  }

  private async unpack(chunk: ChunkIndex, size: number): Promise<Uint8Array> {
    const whole = await this.source.read(chunk.chunkStartOffset, chunk.chunkLength);
    if (whole[0] !== CHUNK) throw new CannotRead("There is no chunk where the index of the file says: it is damaged.");
    const packed = whole.subarray(headOf(chunk));
    const records = decompressed(chunk.compression, packed, size);
    const crc = new DataView(whole.buffer, whole.byteOffset).getUint32(RECORD_HEAD + 24, true);
    if (crc !== 0 && crc !== crc32(records))
      throw new CannotRead("The checksum of this chunk is wrong: it is damaged.");
    return records;
  }
}

function decompressed(compression: string, packed: Uint8Array, size: number): Uint8Array {
  try {
    if (compression === "zstd") return decompressZstd(packed, new Uint8Array(size));
    if (compression === "lz4") return decompressLz4(packed, size);
  } catch (error) {
    throw new CannotRead(`This chunk cannot be unpacked: ${error instanceof Error ? error.message : String(error)}.`);
  }
  throw new CannotRead(`Chunks packed with ${compression || "nothing"} cannot be unpacked here.`);
}

/** Bytes of a chunk before its records: times, size, checksum, the name of the compression, the length of the records. */
function headOf(chunk: ChunkIndex): number {
  return RECORD_HEAD + 8 + 8 + 8 + 4 + 4 + new TextEncoder().encode(chunk.compression).length + 8;
}

function lengthAt(records: Uint8Array, offset: number): number {
  if (offset + RECORD_HEAD > records.length) throw new CannotRead("The index points behind its chunk: it is damaged.");
  const view = new DataView(records.buffer, records.byteOffset);
  return Number(view.getBigUint64(offset + 1, true));
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index += 1) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
