import { expect, test } from "vitest";
import { stepsOf, taken } from "./timings";

test("steps are named and say what was there already", () => {
  const timings = { checkout_s: 0.1, total_s: 0.5, warmth: "cold", layered: true, setup_s: 2, setup_cached: true };
  expect(stepsOf(timings)).toEqual([
    { name: "writing the files", seconds: 0.1, note: "" },
    { name: "the checkout in all", seconds: 0.5, note: "every file was written" },
    { name: "setting it up", seconds: 2, note: "made before, and used again" },
  ]);
});

test("a session that has not started has no steps", () => {
  expect(stepsOf({})).toEqual([]);
  expect(stepsOf(undefined)).toEqual([]);
});

test("what was over at once is not told in powers of ten", () => {
  expect([taken(5.5e-7), taken(0.00408), taken(2), taken(null)]).toEqual(["under 1 ms", "0.00408 s", "2 s", ""]);
});
