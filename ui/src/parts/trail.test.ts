import { createMemoryHistory } from "@tanstack/react-router";
import { expect, test } from "vitest";
import { Trail } from "./trail";

test("whoever closes what they opened is where they were, and no step is left behind", () => {
  const history = createMemoryHistory({ initialEntries: ["/recordings"] });
  const trail = new Trail(history);
  history.push("/recordings?act=cut");
  history.replace("/recordings?act=cut&part=start");

  expect(trail.wentBackTo("/recordings")).toBe(true);

  expect(history.location.href).toBe("/recordings");
  expect(trail.wentBackTo("/recordings")).toBe(false);
});

test("what was changed meanwhile is kept: nothing goes back to what showed something else", () => {
  const history = createMemoryHistory({ initialEntries: ["/recordings"] });
  const trail = new Trail(history);
  history.push("/recordings?act=cut");

  expect(trail.wentBackTo("/recordings?robot=ada")).toBe(false);

  expect(history.location.href).toBe("/recordings?act=cut");
});

test("who closes it twice before the browser has gone back goes one step", () => {
  const history = createMemoryHistory({ initialEntries: ["/", "/recordings"], initialIndex: 1 });
  const trail = new Trail(history);
  history.push("/recordings?act=cut");
  let steps = 0;
  history.back = () => {
    steps += 1;
  };

  expect([trail.wentBackTo("/recordings"), trail.wentBackTo("/recordings")]).toEqual([true, true]);

  expect(steps).toBe(1);
});

test("what was opened by its address alone has nothing below it to go back to", () => {
  const history = createMemoryHistory({ initialEntries: ["/elsewhere", "/recordings?act=cut"], initialIndex: 1 });

  expect(new Trail(history).wentBackTo("/elsewhere")).toBe(false);
});
