/** Bytes of output as lines, always cut at the same places however the bytes came. */

export const MOST_LINE_BYTES = 16_384;
const NEWLINE = 10;

export type Cut = { start: number; end: number };

/**
 * Where lines end: behind each newline, and where a line is longer than anybody reads. `rest` is where an unfinished
 * line begins.
 */
export function cutLines(bytes: Uint8Array, from = 0): { cuts: Cut[]; rest: number } {
  const cuts: Cut[] = [];
  let start = from;
  while (start < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (end - start > MOST_LINE_BYTES) {
      const forced = characterStart(bytes, start + MOST_LINE_BYTES);
      cuts.push({ start, end: forced });
      start = forced;
    } else if (newline < 0) break;
    else {
      cuts.push({ start, end });
      start = end;
    }
  }
  return { cuts, rest: start };
}

// A character of UTF-8 goes on in bytes that begin with 10; it is not cut through.
function characterStart(bytes: Uint8Array, place: number): number {
  let start = place;
  while (start > place - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

const decoder = new TextDecoder();

export function textOf(bytes: Uint8Array, cut: Cut): string {
  const end = bytes[cut.end - 1] === NEWLINE ? cut.end - 1 : cut.end;
  return decoder.decode(bytes.subarray(cut.start, end));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}
