import { expect, test } from "vitest";
import { fromHash, MOST_CHOSEN, pagesOf, rowsBetween, toggled, toHash, withAll, without } from "./selection";

test("a choice survives its way through the address", () => {
  const chosen = new Set(["ada_20260101T000001Z", "bob.1-2"]);
  expect(fromHash(`#${toHash(chosen)}`)).toEqual(chosen);
  expect(fromHash("")).toEqual(new Set());
});

test("what is no id in an address is left out", () =>
  expect([...fromHash("#<img src=x>,../etc,ok_1,,")]).toEqual(["ok_1"]));

test("choosing twice is taking back", () => {
  const once = toggled(new Set(), "a");
  expect([...once, ...toggled(once, "a")]).toEqual(["a"]);
});

test("more than the API takes at once cannot be chosen", () => {
  const many = withAll(
    new Set(["first"]),
    Array.from({ length: 900 }, (_, at) => `r${at}`),
  );
  expect(many.size).toBe(MOST_CHOSEN);
  expect(toggled(many, "another").size).toBe(MOST_CHOSEN);
  expect(toggled(many, "first").size).toBe(MOST_CHOSEN - 1);
});

test("what was deleted is chosen no more", () => expect([...without(new Set(["a", "b"]), ["b", "c"])]).toEqual(["a"]));

test("a range goes up and down, and has an end", () => {
  expect(rowsBetween(3, 7)).toEqual({ first: 3, last: 7 });
  expect(rowsBetween(7, 3)).toEqual({ first: 3, last: 7 });
  expect(rowsBetween(0, 99_999)).toEqual({ first: 0, last: 499 });
  expect(rowsBetween(99_999, 0)).toEqual({ first: 99_500, last: 99_999 });
});

test("rows are on pages", () => {
  expect(pagesOf(0, 10, 200)).toEqual([0]);
  expect(pagesOf(190, 410, 200)).toEqual([0, 1, 2]);
});
