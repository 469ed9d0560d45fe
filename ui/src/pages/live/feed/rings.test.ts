import { expect, test } from "vitest";
import { CycleRing, columnsOf } from "./rings";

const columns = (width: number) => ({ worstMs: new Float32Array(width), verdict: new Uint8Array(width) });

test("a ring keeps the newest, the oldest of them first", () => {
  const ring = new CycleRing(3);
  for (const at of [1, 2, 3, 4, 5]) ring.push(at, at * 10, "pass");
  expect([ring.at(0), ring.at(1), ring.at(2), ring.total(2)]).toEqual([3, 4, 5, 50]);
});

test("one late and one refused cycle are seen however many cycles share a column", () => {
  const ring = new CycleRing(1_000);
  for (let place = 0; place < 1_000; place++) {
    ring.push(place, place === 420 ? 90 : 2, place === 421 ? "reject" : "pass");
  }
  const { worstMs, verdict } = columnsOf(ring, 999, 1_000, columns(10));
  expect(worstMs[4]).toBe(90);
  expect([...verdict].filter((one) => one === 2)).toHaveLength(1);
});

test("where there was no cycle there is nothing", () => {
  const ring = new CycleRing();
  ring.push(1_000, 5, "clamp");
  const { worstMs, verdict } = columnsOf(ring, 1_000, 1_000, columns(4));
  expect([...worstMs].map(Number.isNaN)).toEqual([true, true, true, false]);
  expect([...verdict]).toEqual([0, 0, 0, 1]);
});
