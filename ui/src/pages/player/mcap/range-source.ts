import { BoundedCache } from "./bounded";

/** Reads bytes `from` (included) to `to` (excluded) of a file that is somewhere else. */
export type ReadRange = (from: number, to: number) => Promise<Uint8Array>;

export const BLOCK_BYTES = 16 << 10;
const CACHE_BYTES = 8 << 20;
// Of so small a file every read is kept: nothing of it is read twice.
const SMALL_FILE_BYTES = 1 << 20;
// What is longer is read exactly, and kept by whoever asked for it.
const LONG_READ_BYTES = 256 << 10;

/**
 * A remote file of which only parts are read. Short reads are rounded to blocks, which are kept: summaries and indexes
 * are read in many small steps that lie close together.
 */
export class RangeSource {
  private readonly blocks = new BoundedCache<number, Promise<Uint8Array>>(CACHE_BYTES);
  private read_ = 0;

  constructor(
    private readonly range: ReadRange,
    private readonly length: number,
  ) {}

  /** Bytes that were transferred so far. */
  get transferred(): number {
    return this.read_;
  }

  async size(): Promise<bigint> {
    return BigInt(this.length);
  }

  async read(offset: bigint, size: bigint): Promise<Uint8Array> {
    const isLong = size > LONG_READ_BYTES && this.length > SMALL_FILE_BYTES;
    return isLong ? this.readExactly(offset, size) : this.fromBlocks(...this.bounds(offset, size));
  }

  /** Reads no byte more, and keeps none, unless the whole file is small. */
  async readExactly(offset: bigint, size: bigint): Promise<Uint8Array> {
    const bounds = this.bounds(offset, size);
    return this.length <= SMALL_FILE_BYTES ? this.fromBlocks(...bounds) : this.fetched(...bounds);
  }

  private bounds(offset: bigint, size: bigint): [number, number] {
    const from = Number(offset);
    const to = from + Number(size);
    if (from < 0 || to > this.length) throw new Error(`The file ends at byte ${this.length}, before byte ${to}.`);
    return [from, to];
  }

  private async fromBlocks(from: number, to: number): Promise<Uint8Array> {
    const first = Math.floor(from / BLOCK_BYTES);
    const last = Math.floor(Math.max(from, to - 1) / BLOCK_BYTES);
    const wanted: Promise<Uint8Array>[] = [];
    for (let number = first; number <= last; number += 1) {
      const kept = this.blocks.get(number);
      if (kept !== undefined) {
        wanted.push(kept);
        continue;
      }
      let end = number;
      while (end < last && this.blocks.get(end + 1) === undefined) end += 1;
      wanted.push(...this.run(number, end));
      number = end;
    }
    const blocks = await Promise.all(wanted);
    const whole = new Uint8Array(to - from);
    for (const [index, block] of blocks.entries()) {
      const at = (first + index) * BLOCK_BYTES;
      const part = block.subarray(Math.max(from - at, 0), Math.min(to - at, block.length));
      whole.set(part, Math.max(at - from, 0));
    }
    return whole;
  }

  /** Blocks beside each other, by one request. */
  private run(first: number, last: number): Promise<Uint8Array>[] {
    const from = first * BLOCK_BYTES;
    const fetched = this.fetched(from, Math.min((last + 1) * BLOCK_BYTES, this.length));
    const promises: Promise<Uint8Array>[] = [];
    for (let number = first; number <= last; number += 1) {
      const start = number * BLOCK_BYTES - from;
      const block = fetched.then((bytes) => bytes.slice(start, start + BLOCK_BYTES));
      this.blocks.set(number, block, BLOCK_BYTES);
      block.catch(() => this.blocks.delete(number));
      promises.push(block);
    }
    return promises;
  }

  private async fetched(from: number, to: number): Promise<Uint8Array> {
    const bytes = await this.range(from, to);
    this.read_ += bytes.length;
    if (bytes.length !== to - from) throw new Error(`The hub answered ${bytes.length} bytes instead of ${to - from}.`);
    return bytes;
  }
}
