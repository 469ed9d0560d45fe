import { expect, test } from "vitest";
import { between, following, panned, ticks, toTime, toX, whole, within, zoomed } from "./window";

test("what is under the pointer stays there while one zooms", () => {
  const view = zoomed({ from: 0, to: 100 }, 4, 30, 100);
  expect(view).toEqual({ from: 22.5, to: 47.5 });
  expect(toX(view, 1000, 30)).toBeCloseTo(300);
});

test("zooming out ends at the whole recording", () =>
  expect(zoomed({ from: 40, to: 60 }, 0.001, 55, 100)).toEqual({ from: 0, to: 100 }));

test("zooming in ends at a millisecond", () => {
  const view = zoomed({ from: 40, to: 41 }, 1e9, 40.5, 100);
  expect(view.to - view.from).toBeCloseTo(0.001);
  expect(view.from).toBeLessThan(40.5);
});

test("panning stops at both ends", () => {
  expect(panned({ from: 10, to: 20 }, -5, 100)).toEqual({ from: 0, to: 10 });
  expect(panned({ from: 80, to: 90 }, 5, 100)).toEqual({ from: 90, to: 100 });
});

test("a time and its place on the screen are the same thing", () => {
  const view = { from: 3.25, to: 8.5 };
  for (const at of [3.25, 4, 8.5]) expect(toTime(view, 777, toX(view, 777, at))).toBeCloseTo(at, 9);
});

test("playing past the edge turns the page, with a little of what was seen before", () => {
  expect(following({ from: 0, to: 10 }, 5, 100)).toEqual({ from: 0, to: 10 });
  expect(following({ from: 0, to: 10 }, 10.5, 100)).toEqual({ from: 9.5, to: 19.5 });
  expect(following({ from: 50, to: 60 }, 49, 100)).toEqual({ from: 40, to: 50 });
});

test("a link from elsewhere shows a part that exists", () => {
  expect(within({ from: -5, to: 500 }, 10)).toEqual({ from: 0, to: 10 });
  expect(within({ from: 9, to: 15 }, 10)).toEqual({ from: 4, to: 10 });
  expect(whole(0).to).toBeGreaterThan(0);
});

test("a span may be drawn in either direction", () => {
  expect(between(8, 3, 10)).toEqual({ from: 3, to: 8 });
  expect(between(-1, 30, 10)).toEqual({ from: 0, to: 10 });
});

test.each([
  [{ from: 0, to: 16.7 }, 1000, 2, 0],
  [{ from: 0, to: 3600 }, 900, 600, 0],
  [{ from: 5, to: 5.5 }, 900, 0.05, 2],
  [{ from: 5, to: 5.001 }, 900, 0.0001, 4],
])("ticks of %o on %i px are %d s apart", (view, width, apart, digits) => {
  const found = ticks(view, width);
  expect((found.at[1] ?? 0) - (found.at[0] ?? 0)).toBeCloseTo(apart, 9);
  expect(found.digits).toBe(digits);
  expect(found.at.every((at) => at >= view.from - 1e-9 && at <= view.to + 1e-9)).toBe(true);
});
