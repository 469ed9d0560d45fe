import { expect, test } from "vitest";
import { gaugeOf } from "./gauge";

test("what is too much is to the right of its threshold, in the forbidden part", () => {
  const gauge = gaugeOf(12, 9, "gt");
  expect(gauge).toMatchObject({ low: 0, high: 15, danger: [0.6, 1] });
  expect(gauge?.value).toBeCloseTo(0.8);
});

test("what is too little is to the left", () => {
  const gauge = gaugeOf(10, 20, "lte");
  expect(gauge?.danger[0]).toBe(0);
  expect(gauge?.value).toBeLessThan(gauge?.threshold ?? 0);
});

test("a value that hardly passes is still seen apart from its threshold", () => {
  const gauge = gaugeOf(9.005, 9, "gt");
  expect((gauge?.value ?? 0) - (gauge?.threshold ?? 0)).toBeGreaterThan(0.05);
});

test("negative numbers have room on their side of zero", () => {
  const gauge = gaugeOf(-12, -10, "lt");
  expect(gauge?.low).toBeLessThan(-12);
  expect(gauge?.high).toBe(0);
});

test("a value that is its threshold is on the bar", () => {
  expect(gaugeOf(0, 0, "gte")).toMatchObject({ threshold: 0, value: 0, danger: [0, 1] });
});

test.each([
  [null, 9, "gt"],
  [9, null, "gt"],
  [9, 9, null],
  [1, 1, "equals"],
  [1, 1, "a_active_b_idle"],
] as const)("%s against %s by %s is no gauge", (value, threshold, op) =>
  expect(gaugeOf(value, threshold, op)).toBeNull(),
);
