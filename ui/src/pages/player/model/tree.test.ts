import { expect, test } from "vitest";
import { nodeOf } from "./tree";

const inner = (value: unknown) => nodeOf("", value).inner?.() ?? [];

test("numbers are named as the hub names fields", () => {
  const [pose, joints] = inner({ pose: { x: 1.5 }, joints: [4, 5] });
  expect(pose?.inner?.()[0]).toMatchObject({ path: ".pose.x", name: "x", text: "1.5", isNumber: true });
  expect(joints?.inner?.()[1]).toMatchObject({ path: ".joints[1]", text: "5", isNumber: true });
});

test("what no path can lead to is shown, and not offered to be plotted", () => {
  const [dotted, listed, plain] = inner({ "a.b": 1, "c,d": { e: [2] }, f: 3 });
  expect(dotted).toMatchObject({ text: "1", isNumber: false });
  expect(listed?.inner?.()[0]?.inner?.()[0]).toMatchObject({ text: "2", isNumber: false });
  expect(plain?.isNumber).toBe(true);
});

test("what is long is cut and says so", () => {
  const [ranges, name, data] = inner({
    ranges: new Float32Array(5_000),
    name: "x".repeat(9_000),
    data: new Uint8Array(3_000),
  });
  expect(ranges?.text).toBe("5000 elements");
  expect(ranges?.inner?.()).toHaveLength(101);
  expect(ranges?.inner?.().at(-1)?.text).toBe("4900 more");
  expect(name?.text).toContain("9000 characters");
  expect(data?.text).toMatch(/^3000 bytes: 00 00 .* …$/);
});

test("what is no number is said as it is", () => {
  expect(
    inner({ a: null, b: true, c: 9007199254740993n, d: Number.NaN, e: {}, f: [] }).map((node) => node.text),
  ).toEqual(["null", "true", "9007199254740993", "NaN", "{}", "[]"]);
});

test("a stamp is a moment", () => {
  expect(nodeOf("stamp", { sec: 1795341862, nanosec: 187360156 }).text).toBe("2026-11-22T10:04:22.187360Z");
  expect(nodeOf("stamp", { sec: 3, nanosec: 5 }).text).toBeNull();
});

test("markup stays text", () => expect(nodeOf("x", "<img src=x>").text).toBe("<img src=x>"));
