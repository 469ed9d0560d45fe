import { expect, test } from "vitest";
import { comparison, measuredBy, signOf } from "./triggers";

test("every comparison that a rule can make has its sign", () => {
  expect(["gt", "gte", "lt", "lte", "equals", "not_equals"].map(signOf)).toEqual([">", "≥", "<", "≤", "=", "≠"]);
  expect(signOf("is_stuck_at")).toBe("is stuck at");
});

test("what was measured is named as the hub and links name it", () => {
  expect(measuredBy({ rule: "fast", topic: "/speed", field: "data" })).toBe("/speed.data");
  expect(measuredBy({ rule: "hot", topic: "/motors", field: "[3].c" })).toBe("/motors[3].c");
  expect(measuredBy({ rule: "gone", topic: "/scan", field: null })).toBe("/scan");
  expect(measuredBy({ rule: "by hand" })).toBe("by hand");
});

test("what was measured stands against its threshold, as far as there are both", () => {
  expect(comparison({ value: 9.128, op: "gte", threshold: 9 })).toBe("9.128 ≥ 9");
  expect(comparison({ value: null, op: "gt", threshold: 9 })).toBe("");
  expect(comparison({ value: 3, op: null })).toBe("3");
});
