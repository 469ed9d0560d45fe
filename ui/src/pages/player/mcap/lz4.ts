/** LZ4 frames, as recorders of ROS 2 and Foxglove write their chunks: https://github.com/lz4/lz4/tree/dev/doc */

const MAGIC = 0x184d2204;
const SKIPPABLE = 0x184d2a50;
const LEAST_MATCH = 4;

export class Lz4Damaged extends Error {}

/** The content of one or several frames, which must be `size` bytes. */
export function decompressLz4(source: Uint8Array, size: number): Uint8Array {
  const target = new Uint8Array(size);
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  let from = 0;
  let to = 0;
  const u32 = () => {
    if (from + 4 > source.length) throw new Lz4Damaged("it ends within a frame");
    from += 4;
    return view.getUint32(from - 4, true);
  };
  while (from < source.length) {
    const magic = u32();
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      const skipped = u32();
      from += skipped;
      continue;
    }
    if (magic !== MAGIC) throw new Lz4Damaged("it is no LZ4 frame");
    const flags = source[from] ?? 0;
    if (flags >> 6 !== 1) throw new Lz4Damaged("its frame has an unknown version");
    if (flags & 1) throw new Lz4Damaged("it needs a dictionary");
    // Flags, block size, the size of the content if it is told, and a checksum of these.
    from += 2 + (flags & 8 ? 8 : 0) + 1;
    for (let length = u32(); length !== 0; length = u32()) {
      const isStored = length >>> 31 === 1;
      const end = from + (length & 0x7fffffff);
      if (end > source.length) throw new Lz4Damaged("it ends within a block");
      if (!isStored) to = decompressBlock(source, from, end, target, to);
      else if (to + end - from > size) throw new Lz4Damaged("it holds more than it should");
      else {
        target.set(source.subarray(from, end), to);
        to += end - from;
      }
      from = end + (flags & 16 ? 4 : 0);
    }
    from += flags & 4 ? 4 : 0;
  }
  if (to !== size) throw new Lz4Damaged(`it holds ${to} bytes instead of ${size}`);
  return target;
}

/** One block, from `from` to `end`, written at `to`; matches may reach into what earlier blocks wrote. */
function decompressBlock(source: Uint8Array, from: number, end: number, target: Uint8Array, to: number): number {
  const more = (length: number): number => {
    if (length !== 15) return length;
    let sum = length;
    for (let byte = 255; byte === 255; ) {
      if (from >= end) throw new Lz4Damaged("a length is cut off");
      byte = source[from++] ?? 0;
      sum += byte;
    }
    return sum;
  };
  while (from < end) {
    const token = source[from++] ?? 0;
    const literals = more(token >> 4);
    if (from + literals > end || to + literals > target.length) throw new Lz4Damaged("literals reach too far");
    target.set(source.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === end) break;
    if (from + 2 > end) throw new Lz4Damaged("an offset is cut off");
    const offset = (source[from] ?? 0) | ((source[from + 1] ?? 0) << 8);
    from += 2;
    const length = more(token & 15) + LEAST_MATCH;
    if (offset === 0 || offset > to || to + length > target.length) throw new Lz4Damaged("a match reaches too far");
    if (offset >= length) target.copyWithin(to, to - offset, to - offset + length);
    else for (let index = 0; index < length; index += 1) target[to + index] = target[to + index - offset] ?? 0;
    to += length;
  }
  return to;
}
