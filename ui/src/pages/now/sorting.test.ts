import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { byUrgency, refusing } from "./sorting";

const opened = (severity: string, minute: number) =>
  ({ severity, opened_at: `2026-03-02T10:${String(minute).padStart(2, "0")}:00Z` }) as Model<"Incident">;

test("the worst comes first, and of equals the one that has waited longest", () => {
  const sorted = byUrgency([opened("low", 0), opened("critical", 9), opened("high", 3), opened("critical", 2)]);
  expect(sorted.map((one) => [one.severity, new Date(one.opened_at).getUTCMinutes()])).toEqual([
    ["critical", 2],
    ["critical", 9],
    ["high", 3],
    ["low", 0],
  ]);
});

const refused = (robot_id: string, second: number, boundary: string | null) =>
  ({ robot_id, boundary, occurred_at: `2026-03-02T10:00:${String(second).padStart(2, "0")}Z` }) as Model<"RiskEvent">;

test("refusals are counted by robot, and the old ones are over", () => {
  const events = [
    refused("ada", 20, "workspace"),
    refused("bob", 30, null),
    refused("ada", 40, "speed"),
    refused("ada", 41, "speed"),
    refused("cleo", 1, "speed"),
  ];
  const found = refusing(events, new Date("2026-03-02T10:00:10Z"));
  expect(found.map(({ robotId, count, boundaries }) => [robotId, count, boundaries])).toEqual([
    ["ada", 3, ["speed", "workspace"]],
    ["bob", 1, []],
  ]);
  expect(found[0]?.latest.occurred_at).toContain(":41");
});
