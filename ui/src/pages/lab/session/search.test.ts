import { expect, test } from "vitest";
import { sessionSearch, turnedAt } from "./search";

const there = (search: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(sessionSearch(search)).filter(([, value]) => value !== undefined));

test("an address opens the same report with the same tests unfolded", () => {
  const address = { tab: "artifacts", artifact: "art_1", tests: "all", turned: [0, "7", "x"], program: "-m flight" };
  expect(there(address)).toEqual({ ...address, turned: [0, 7] });
});

test("whatever stands in the address, the page gets what it can use", () => {
  expect(there({ tab: "wings", follow: "perhaps", line: "last", turned: ["x"], program: "" })).toEqual({});
});

test("what is turned twice is as it was at first", () => {
  const once = turnedAt([4], 2);
  expect(once).toEqual([4, 2]);
  expect(turnedAt(once ?? [], 4)).toEqual([2]);
  expect(turnedAt([2], 2)).toBeUndefined();
});
