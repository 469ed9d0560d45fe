import { expect, test } from "vitest";
import { barsOf } from "./hours";

const now = new Date("2026-03-02T12:30:00Z");
const hour = (hour_at: string, heartbeats: number) => ({ hour_at, heartbeats });

test("hours without a heartbeat are there, and empty", () => {
  const bars = barsOf([hour("2026-03-02T10:00:00Z", 360)], 10, 4, now);
  expect(bars.map((bar) => bar.part)).toEqual([0, 1, 0, 0]);
});

test("the hour under way is measured by what has passed of it", () => {
  const bars = barsOf([hour("2026-03-02T12:00:00Z", 90)], 10, 1, now);
  expect(bars[0]?.part).toBeCloseTo(0.5);
});

test("a robot that does not say how often it speaks is measured by its own best hour", () => {
  const bars = barsOf([hour("2026-03-02T11:00:00Z", 30), hour("2026-03-02T10:00:00Z", 60)], null, 3, now);
  expect(bars.map((bar) => bar.part)).toEqual([1, 0.5, 0]);
});
