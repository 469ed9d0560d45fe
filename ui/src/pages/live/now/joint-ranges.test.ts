import { expect, test } from "vitest";
import { placeOf, rangesOf } from "./joint-ranges";

test("a bar spans the limits of its joint", () => {
  const joints = [{ name: "a", unit: "rad" as const, lower: -3, upper: 1 }];
  const [range] = rangesOf([], 1, joints, null);
  expect(range).toEqual({ lower: -3, upper: 1, isKnown: true });
  expect([-3, -1, 1, 9, -9].map((value) => range && placeOf(value, range))).toEqual([0, 0.5, 1, 1, 0]);
});

test("a joint without ends spans what was seen of it, and never less than before", () => {
  const wide = rangesOf([], 1, undefined, { requested: [4], executed: [-2] });
  const [range] = rangesOf(wide, 1, undefined, { requested: [0], executed: [null as unknown as number] });
  expect(range).toEqual({ lower: -2, upper: 4, isKnown: false });
});

test("what is no number has no place", () => {
  const range = { lower: -1, upper: 1, isKnown: true };
  expect([null, undefined, Number.NaN].map((value) => placeOf(value, range))).toEqual([null, null, null]);
});
