import { expect, test } from "vitest";
import { decompressLz4 } from "./lz4";

/** A frame with one block. */
function frame(block: number[], { stored = false, flags = 0x60 } = {}): Uint8Array {
  const length = (block.length | (stored ? 0x80000000 : 0)) >>> 0;
  const u32 = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
  return Uint8Array.from([...u32(0x184d2204), flags, 0x40, 0, ...u32(length), ...block, ...u32(0)]);
}
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const codes = (letters: string) => [...new TextEncoder().encode(letters)];

test("literals and a match that reaches into what it writes", () => {
  // Three letters, then nine more of what stands three bytes before, then one letter.
  const block = [0x35, ...codes("abc"), 3, 0, 0x10, ...codes("!")];
  expect(text(decompressLz4(frame(block), 13))).toBe("abcabcabcabc!");
});

test("long literals and long matches", () => {
  const block = [0xff, 5, ...codes("0123456789abcdefghij"), 20, 0, 255, 6, 0x00];
  const found = text(decompressLz4(frame(block), 20 + 15 + 255 + 6 + 4));
  expect(found.slice(0, 45)).toBe("0123456789abcdefghij0123456789abcdefghij01234");
  expect(found.length).toBe(300);
});

test("a block that is stored as it is, and frames behind each other", () => {
  const skipped = Uint8Array.from([0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
  const [one, other] = [frame(codes("one"), { stored: true }), frame(codes("two"), { stored: true })];
  expect(text(decompressLz4(Uint8Array.from([...skipped, ...one, ...other]), 6))).toBe("onetwo");
});

test.each([
  ["no frame", Uint8Array.from([1, 2, 3, 4, 5]), 3],
  ["cut off", frame([0x35, ...codes("abc"), 3, 0]).slice(0, 12), 12],
  ["too short", frame(codes("one"), { stored: true }), 4],
  ["too long", frame(codes("three"), { stored: true }), 3],
  ["a match before the beginning", frame([0x15, ...codes("a"), 9, 0, 0x00]), 10],
  ["a match of no distance", frame([0x15, ...codes("a"), 0, 0, 0x00]), 10],
  ["a dictionary", frame(codes("one"), { stored: true, flags: 0x61 }), 3],
])("what is damaged is said to be: %s", (_what, source, size) => {
  expect(() => decompressLz4(source, size)).toThrow();
});

test("no damage of a frame makes it loop or write elsewhere", () => {
  const good = frame([0x35, ...codes("abc"), 3, 0, 0x10, ...codes("!")]);
  for (let place = 4; place < good.length; place += 1) {
    for (const value of [0, 1, 127, 255]) {
      const bad = good.slice();
      bad[place] = value;
      try {
        expect(decompressLz4(bad, 13).length).toBe(13);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  }
});
