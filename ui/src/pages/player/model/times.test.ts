import { expect, test } from "vitest";
import { asNs, momentOf, nsAt, nsOf, secondsAfter } from "./times";

test("a moment keeps its microseconds", () => {
  const ns = nsOf("2026-11-22T10:04:22.187360Z");
  expect(ns).toBe(1795341862187360000n);
  expect(momentOf(ns)).toBe("2026-11-22T10:04:22.187360Z");
});

test("a moment without a fraction, in another zone", () =>
  expect(nsOf("2026-11-22T12:00:00+02:00")).toBe(1795341600000000000n));

test("seconds and nanoseconds lead back to each other", () => {
  const start = 1795341862187360156n;
  expect(secondsAfter(start, nsAt(start, 15.800958119))).toBeCloseTo(15.800958119, 9);
  expect(secondsAfter(start, start - 1_500_000_000n)).toBeCloseTo(-1.5, 9);
  expect(nsAt(start, -1.5)).toBe(start - 1_500_000_000n);
});

test("what JSON gives as a number is near enough", () =>
  expect(secondsAfter(1795341862187360156n, asNs(Number(1795341877988318275n)))).toBeCloseTo(15.800958, 6));
