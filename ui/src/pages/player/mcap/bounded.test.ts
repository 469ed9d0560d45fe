import { expect, test } from "vitest";
import { BoundedCache } from "./bounded";

test("what was used longest ago goes first, when it is too much", () => {
  const cache = new BoundedCache<string, number>(100);
  cache.set("a", 1, 40);
  cache.set("b", 2, 40);
  expect(cache.get("a")).toBe(1);
  cache.set("c", 3, 40);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
  expect(cache.bytes).toBe(80);
});

test("what is replaced counts once, and what alone is too much is not kept", () => {
  const cache = new BoundedCache<string, number>(100);
  cache.set("a", 1, 60);
  cache.set("a", 2, 50);
  expect(cache.bytes).toBe(50);
  cache.set("large", 3, 101);
  expect([cache.get("a"), cache.get("large")]).toEqual([2, undefined]);
  cache.delete("a");
  cache.delete("never");
  expect(cache.bytes).toBe(0);
});
