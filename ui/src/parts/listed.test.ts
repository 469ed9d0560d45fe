import { expect, test } from "vitest";
import { after, partsWanted, whole } from "./listed";

const part = (offset: number, items: number, total: number) => ({ offset, items: Array(items).fill(0), total });

test("after a part comes the next, and after the last none", () => {
  expect(after(part(0, 50, 120))).toBe(50);
  expect(after(part(100, 20, 120))).toBeUndefined();
});

test("a list that has become shorter meanwhile comes to its end", () =>
  expect(after(part(100, 0, 120))).toBeUndefined());

test("a list that is drawn as a whole is asked for until it has come, however many there are", async () => {
  const all = Array.from({ length: 453 }, (_, number) => number);
  const asked: number[] = [];
  const found = await whole(async ({ limit, offset }) => {
    asked.push(offset);
    return { items: all.slice(offset, offset + limit), total: all.length };
  });
  expect(found).toEqual({ items: all, total: 453 });
  expect(asked).toEqual([0, 200, 400]);
});

test("a list that shrinks while it is asked for comes to its end all the same", async () => {
  const found = await whole(async ({ offset }) => ({ items: offset === 0 ? [1, 2] : [], total: 3 }));
  expect(found.items).toEqual([1, 2]);
});

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
