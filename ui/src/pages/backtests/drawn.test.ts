import { expect, test } from "vitest";
import { drawn } from "./drawn";

test("a curve fills its picture, with its threshold and the moment it fired", () => {
  const shape = drawn(
    [
      [0, 0],
      [50, 5],
      [100, 10],
    ],
    5,
    50,
    100,
    24,
  );
  expect(shape).toEqual({ line: "M0.0 22.0L50.0 12.0L100.0 2.0", firedX: 50, thresholdY: 12, lowest: 0, highest: 10 });
});

test("where nothing was measured the line breaks", () => {
  expect(
    drawn(
      [
        [0, 1],
        [1, null],
        [2, 1],
        [3, 2],
      ],
      null,
      2,
      30,
      10,
    )?.line,
  ).toMatch(/^M0\.0 \S+M20\.0 \S+L30\.0/);
});

test("without a curve there is no picture", () => {
  expect(drawn([], 1, 1, 10, 10)).toBeNull();
  expect(drawn([[0, null]], 1, 1, 10, 10)).toBeNull();
});
