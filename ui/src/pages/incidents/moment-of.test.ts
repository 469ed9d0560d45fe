import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { firstOf, momentOf, untilOpened } from "./moment-of";

const times = { started_at: "2026-03-02T10:00:00Z", ended_at: "2026-03-02T10:00:10Z" };
const startNs = Date.parse(times.started_at) * 1e6;

test("the moment is that of the trigger", () => {
  const trigger = { fired_at_ns: startNs + 5e9 } as Model<"TriggerFired">;
  expect(momentOf({ ...times, trigger }, "2026-03-02T11:00:00Z")).toBe(startNs + 5e9);
});

test("without a trigger it is when the incident began, as far as the recording reaches", () => {
  expect(momentOf({ ...times, trigger: null }, "2026-03-02T10:00:04Z")).toBe(startNs + 4e9);
  expect(momentOf({ ...times, trigger: null }, "2026-03-02T11:00:00Z")).toBe(startNs + 10e9);
});

test("what has no times has no moment", () =>
  expect(momentOf({ started_at: null, ended_at: null, trigger: null }, times.started_at)).toBeNull());

test("of several recordings the earliest shows how it began", () =>
  expect([firstOf(["late", "early"]), firstOf([]), firstOf(undefined)]).toEqual(["early", undefined, undefined]));

test("what opened an incident is looked for in the half minute before", () => {
  expect(untilOpened("2026-03-02T10:00:00.500+01:00")).toEqual({
    since: "2026-03-02T08:59:30.500Z",
    until: "2026-03-02T09:00:01.500Z",
  });
});
