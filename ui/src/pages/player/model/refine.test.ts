import { expect, test } from "vitest";
import { tileFor } from "./refine";

test("all of a recording is one window", () =>
  expect(tileFor({ from: 0, to: 100 }, 100, 1000)).toMatchObject({ start: 0, end: 100, isWhole: true }));

test("the window holds the view whatever one looks at", () => {
  for (let number = 0; number < 2_000; number += 1) {
    const duration = 1 + ((number * 7919) % 5000);
    const length = duration * 2 ** -(number % 14) * (0.5 + ((number * 31) % 50) / 100);
    const from = (((number * 104729) % 1000) / 1000) * (duration - length);
    const tile = tileFor({ from, to: from + length }, duration, 800);
    expect(tile.start).toBeLessThanOrEqual(from + 1e-6);
    expect(tile.end).toBeGreaterThanOrEqual(from + length - 1e-6);
    expect(tile.start).toBeGreaterThanOrEqual(0);
    expect(tile.end).toBeLessThanOrEqual(duration + 1e-6);
    expect(tile.end - tile.start).toBeLessThanOrEqual(Math.max(4 * length, 0) + 1e-6);
  }
});

test("panning a little asks for nothing new", () => {
  const one = tileFor({ from: 30, to: 35 }, 100, 1000);
  expect(tileFor({ from: 30.5, to: 35.5 }, 100, 1000)).toEqual(one);
});

test("zooming in asks for more points of the same time", () => {
  const density = (view: { from: number; to: number }) => {
    const tile = tileFor(view, 1000, 1000);
    return tile.points / (tile.end - tile.start);
  };
  expect(density({ from: 500, to: 510 })).toBeGreaterThan(10 * density({ from: 0, to: 1000 }));
});

test("a resize within a step asks for nothing new", () =>
  expect(tileFor({ from: 0, to: 5 }, 100, 1000)).toEqual(tileFor({ from: 0, to: 5 }, 100, 1020)));
