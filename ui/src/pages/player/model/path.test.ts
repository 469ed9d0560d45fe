import { expect, test } from "vitest";
import { boxOf, nearestTime, pathOf, placeAt, scaleOf } from "./path";

const path = pathOf({ times_s: [0, 2, 4], values: [0, 20, 40] }, { times_s: [0, 1, 4], values: [0, 10, null] });

test("columns that were thinned for themselves become places", () => {
  expect(path.times).toEqual([0, 1, 2, 4]);
  expect(path.xs).toEqual([0, 10, 20, 40]);
  expect(path.ys).toEqual([0, 10, 10, 10]);
});

test("where it was at any time", () => {
  expect(placeAt(path, 0.5)).toEqual({ x: 5, y: 5 });
  expect(placeAt(path, -3)).toEqual({ x: 0, y: 0 });
  expect(placeAt(path, 99)).toEqual({ x: 40, y: 10 });
  expect(placeAt({ times: [], xs: [], ys: [] }, 1)).toBeNull();
});

test("a click on the path finds the time", () => expect(nearestTime(path, 19, 12)).toBe(2));

test("the picture holds all of it, in its own proportions", () => {
  const box = boxOf(path, 2);
  expect(box.width / box.height).toBeCloseTo(2);
  expect(box.left).toBeLessThan(0);
  expect(box.left + box.width).toBeGreaterThan(40);
  expect(boxOf({ times: [0], xs: [5], ys: [5] }, 1).width).toBeGreaterThan(0);
});

test("a scale is round", () =>
  expect([1, 43, 900, 0.07].map((width) => Number(scaleOf(width).toPrecision(3)))).toEqual([0.2, 10, 200, 0.01]));
