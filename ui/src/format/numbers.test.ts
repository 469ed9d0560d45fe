import { expect, test } from "vitest";
import { bytes, count, figure, plural } from "./numbers";

test("bytes have three digits and a unit", () => {
  expect([0, 999, 1000, 37_412_345, 999_600, 2e9].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.00 kB",
    "37.4 MB",
    "1.00 MB",
    "2.00 GB",
  ]);
});

test("figures say what is no number", () => {
  expect([1.23456, -0.5, Number.NaN, Number.POSITIVE_INFINITY, null, 1e-9, 123456].map((one) => figure(one))).toEqual([
    "1.235",
    "−0.5",
    "NaN",
    "∞",
    "–",
    "1.00e−9",
    "123456",
  ]);
});

test("counts are grouped", () =>
  expect([count(1234567), plural(1, "robot"), plural(0, "robot")]).toEqual(["1 234 567", "1 robot", "0 robots"]));
