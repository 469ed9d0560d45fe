import { expect, test } from "vitest";
import { joined, valueAt, valueRange } from "./drawn";

const series = (field: string, times_s: number[], values: (number | null)[], message_count = times_s.length) => ({
  field,
  times_s,
  values,
  message_count,
  lowest: null,
  highest: null,
});

test("series of the same times share them", () =>
  expect(joined(["/a.x", "/a.y"], [series("/a.x", [0, 1], [1, 2]), series("/a.y", [0, 1], [3, null])])).toEqual([
    [0, 1],
    [1, 2],
    [3, null],
  ]));

test("series of other times keep every point of each", () =>
  expect(joined(["/a.x", "/b.y"], [series("/a.x", [0, 2], [1, 2]), series("/b.y", [1, 2], [5, 6])])).toEqual([
    [0, 1, 2],
    [1, undefined, 2],
    [undefined, 5, 6],
  ]));

test("a field that is not answered yet leaves its column empty", () =>
  expect(joined(["/new.z", "/a.x"], [series("/a.x", [0], [1])])).toEqual([[0], [undefined], [1]]));

test("the value at a time is the last until then", () => {
  const one = series("/a.x", [1, 2, 4], [10, null, 40]);
  expect(valueAt(one, 0.5)).toBeNull();
  expect(valueAt(one, 1.9)).toEqual({ value: 10, isExact: true });
  expect(valueAt(one, 3)).toEqual({ value: null, isExact: true });
  expect(valueAt({ ...one, message_count: 9 }, 9)).toEqual({ value: 40, isExact: false });
});

test("a range is never empty and shows thresholds", () => {
  expect(valueRange(null, null, [])).toEqual([0, 1]);
  expect(valueRange(5, 5, [])).toEqual([4.5, 5.5]);
  expect(valueRange(0, 8, [10])).toEqual([-0.8, 10.8]);
});
