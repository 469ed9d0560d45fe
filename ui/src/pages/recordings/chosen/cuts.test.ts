import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { cutUrl, spanOf } from "./cuts";

const started_at = "2026-03-02T10:00:00Z";
const trigger = { fired_at_ns: (Date.parse(started_at) + 8_000) * 1e6 } as Model<"TriggerFired">;
const recording = { started_at, duration_s: 10, trigger };

test("a part around the trigger ends where the recording does", () => {
  expect(spanOf({ around: "trigger", before: 5, after: 5 }, recording)).toEqual({ start: 3, end: 10 });
  expect(spanOf({ around: "trigger", before: 20, after: 1 }, recording)).toEqual({ start: 0, end: 9 });
});

test("without a trigger there is nothing around it", () => {
  expect(spanOf({ around: "trigger", before: 5, after: 5 }, { ...recording, trigger: null })).toBeNull();
  expect(spanOf({ around: "start", before: 2, after: 4 }, { ...recording, trigger: null })).toEqual({
    start: 2,
    end: 4,
  });
});

test("a cut names its topics, however they were typed", () => {
  expect(cutUrl("a b", { start: 1, end: 2.5 }, " /tf, /odom\n/x ")).toBe(
    "/api/sessions/a%20b/cut?start=1.000&end=2.500&topics=%2Ftf%2C%2Fodom%2C%2Fx",
  );
  expect(cutUrl("a", { start: 0, end: 1 }, "")).not.toContain("topics");
});
