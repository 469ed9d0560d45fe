import { expect, test } from "vitest";
import { placeOf, playerSearch, samePlace, selectionOf, viewOf } from "./place";

test("a link is read back as it was written", () => {
  const place = placeOf({ cursor: 4.12345678, view: { from: 2, to: 5 }, selection: { from: 3, to: 4 }, durationS: 60 });
  const read = playerSearch({
    ...place,
    plots: ["/speed.data,/yaw.data", "/roll.data"],
    panels: ["messages"],
    topic: "/tf",
  });
  expect(read).toEqual({
    t: 4.123457,
    from: 2,
    to: 5,
    a: 3,
    b: 4,
    plots: ["/speed.data,/yaw.data", "/roll.data"],
    panels: ["messages"],
    topic: "/tf",
  });
  expect(samePlace(read, place)).toBe(true);
  expect(viewOf(read)).toEqual({ from: 2, to: 5 });
  expect(selectionOf(read)).toEqual({ from: 3, to: 4 });
});

test("all of a recording needs no window in the link", () => {
  const place = placeOf({ cursor: 0, view: { from: 0, to: 60 }, selection: null, durationS: 60 });
  expect(place).toEqual({ t: 0, from: undefined, to: undefined, a: undefined, b: undefined });
});

test("a link that somebody broke shows what it can", () => {
  const read = playerSearch({ t: "soon", from: "9", to: 3, a: [], plots: 7, panels: ["notes", "evil"], topic: "" });
  expect(read).toEqual({ plots: ["7"], panels: ["notes"], from: 9, to: 3 });
  expect(viewOf(read)).toBeUndefined();
});

test("how fast it plays, which dialog is open and what is unfolded is in the link", () => {
  const place = placeOf({ cursor: 1, view: { from: 0, to: 9 }, selection: null, durationS: 9, speed: 4 });
  const opened = { open: "fields", find: "pos x", into: 1, turned: [".pose", ".pose.x"], cut: ["/a"] };
  expect(playerSearch({ ...place, ...opened })).toMatchObject({ t: 1, speed: 4, ...opened });
  expect(playerSearch({ speed: 3, open: "everything", turned: [7], ns: "12e3" })).toMatchObject({
    speed: undefined,
    open: undefined,
    turned: ["7"],
    ns: undefined,
  });
  expect(
    placeOf({ cursor: 1, view: { from: 0, to: 9 }, selection: null, durationS: 9, speed: 1 }).speed,
  ).toBeUndefined();
});

test("no plots and no panels are a choice too", () =>
  expect(playerSearch({ plots: [], panels: [] })).toMatchObject({ plots: [], panels: [] }));
