import { expect, test } from "vitest";
import { filtersOf, isNarrowed, queryOf, recordingSearch } from "./search";

test("whatever stands in the URL, the list gets what it can use", () => {
  const search = recordingSearch({
    q: 7,
    state: "lost",
    since: "yesterday",
    pinned: "true",
    sort: "size",
    act: "burn",
  });
  expect(Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined))).toEqual({
    q: "7",
    pinned: true,
    sort: "size",
  });
});

test("an order or an opened dialog narrows nothing", () => {
  expect(isNarrowed(recordingSearch({ sort: "size", act: "pin", narrow: true }))).toBe(false);
  expect(isNarrowed(recordingSearch({ robot: "ada" }))).toBe(true);
  expect(filtersOf(recordingSearch({ robot: "ada", sort: "size" }))).not.toHaveProperty("sort");
});

test("the last day is meant with all its hours", () => {
  const { since, until, robot_id } = queryOf({ since: "2026-03-02", until: "2026-03-02", robot: "ada" });
  expect(Date.parse(until ?? "") - Date.parse(since ?? "")).toBe(86_400_000);
  expect(robot_id).toBe("ada");
});
