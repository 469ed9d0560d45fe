import { expect, test } from "vitest";
import { absolute, clock, relative, span, utc, zone } from "./time";

const now = new Date("2026-03-02T12:00:00Z");

test.each([
  ["2026-03-02T11:59:58Z", "just now"],
  ["2026-03-02T11:57:00Z", "3 min ago"],
  ["2026-03-01T13:00:00Z", "23 h ago"],
  ["2026-02-20T12:00:00Z", "10 d ago"],
  ["2026-03-02T14:00:00Z", "in 2 h"],
])("%s is %s", (at, said) => expect(relative(at, now)).toBe(said));

test("a length of time keeps its digits", () => {
  expect(clock(3723.4567)).toBe("1:02:03.457");
  expect(clock(59.9996)).toBe("01:00.000");
  expect(clock(-1.5, 1)).toBe("−00:01.5");
  expect(clock(61, 0)).toBe("01:01");
});

test("lengths have one leading unit", () => {
  expect([0.5, 59, 3599, 7200, 86400 * 3].map(span)).toEqual(["0 s", "59 s", "59 min", "2 h", "3 d"]);
});

test("UTC is said in full", () => expect(utc("2026-03-02T12:00:00.5Z")).toBe("2026-03-02 12:00:00.500 UTC"));

test("another day is named", () => expect(absolute("2026-02-20T12:00:00Z", now)).toContain("2026"));

test("the zone is named shortly, and by that day's name", () => {
  const [winter, summer] = ["2026-01-02T12:00:00Z", "2026-07-02T12:00:00Z"].map((at) => new Date(at));
  expect(zone(winter as Date)).toMatch(/^\p{L}{2,}/u);
  const isSame = winter?.getTimezoneOffset() === summer?.getTimezoneOffset();
  expect(zone(winter as Date) === zone(summer as Date)).toBe(isSame);
});
