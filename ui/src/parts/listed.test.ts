import { expect, test } from "vitest";
import { after, partsWanted } from "./listed";

const part = (offset: number, items: number, total: number) => ({ offset, items: Array(items).fill(0), total });

test("after a part comes the next, and after the last none", () => {
  expect(after(part(0, 50, 120))).toBe(50);
  expect(after(part(100, 20, 120))).toBeUndefined();
});

test("a list that has become shorter meanwhile comes to its end", () =>
  expect(after(part(100, 0, 120))).toBeUndefined());

test.each([
  [undefined, 1],
  [3, 3],
  ["3", 3],
  [2.7, 2],
  [0, 1],
  [-5, 1],
  ["many", 1],
  [1e9, 40],
])("an address that says %j asks for %d parts", (said, parts) => expect(partsWanted(said)).toBe(parts));
