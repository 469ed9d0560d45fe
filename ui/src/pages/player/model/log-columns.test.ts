import { expect, test } from "vitest";
import { worstPerColumn } from "./log-columns";

const scale = [10, 20, 30, 40, 50];

test("of what shares a place on the screen the worst is seen, drawn last", () => {
  const series = { times_s: [0, 0.001, 5, 9, 20], values: [20, 40, 20, null, 50] };
  expect(worstPerColumn(series, scale, { from: 0, to: 10 }, 300)).toEqual([
    { x: 150, level: "info" },
    { x: 0, level: "error" },
  ]);
});

test("zooming in tells them apart", () => {
  const series = { times_s: [0, 0.001], values: [20, 40] };
  expect(worstPerColumn(series, scale, { from: 0, to: 0.01 }, 300)).toHaveLength(2);
});
