import { expect, test } from "vitest";
import { ScrollMap } from "./scroll-map";

test("a short log scrolls pixel by pixel", () => {
  const map = new ScrollMap(1_000, 18, 360);
  expect(map.height).toBe(18_000);
  expect(map.scale).toBe(1);
  expect(map.lineAt(9)).toBe(0.5);
  expect(map.shown(1_800, 0)).toEqual({ first: 100, last: 120, top: 100 });
});

test("the last line of millions can be reached, and each line is found where it was scrolled to", () => {
  const map = new ScrollMap(6_000_000, 18, 360);
  expect(map.height).toBe(ScrollMap.HIGHEST_PX);
  expect(map.shown(map.height - 360, 0).last).toBe(6_000_000);
  for (const line of [0, 1, 12_345, 5_999_000]) expect(map.lineAt(map.scrollTopOf(line))).toBeCloseTo(line, 3);
});

test("a log shorter than the view stays at its beginning", () => {
  const map = new ScrollMap(3, 18, 360);
  expect(map.lineAt(50)).toBe(0);
  expect(map.scrollTopOf(2)).toBe(0);
  expect(map.shown(0)).toEqual({ first: 0, last: 3, top: 0 });
});
