import { expect, test } from "vitest";
import { beside, fits, isNarrowed, laned, moved, neighbour } from "./lanes";
import { card } from "./made";

test("each lane has the most urgent first, and of those the earliest", () => {
  const lanes = laned([
    card({ id: "a", priority: "low" }),
    card({ id: "b", priority: "high", created_at: "2026-01-02T00:00:00Z" }),
    card({ id: "c", priority: "high", created_at: "2026-01-01T00:00:00Z" }),
    card({ id: "d", priority: "urgent" }),
  ]);
  expect(lanes.get("inbox")?.map((task) => task.id)).toEqual(["d", "c", "b", "a"]);
});

test("what is done stands the latest first", () => {
  const done = (id: string, done_at: string) => card({ id, status: "done", done_at });
  const lanes = laned([done("old", "2026-01-01T00:00:00Z"), done("new", "2026-02-01T00:00:00Z")]);
  expect(lanes.get("done")?.map((task) => task.id)).toEqual(["new", "old"]);
});

const mine = card({ assigned_id: "mara", assigned_name: "Mara", title: "Look at door 3", blocked: true });
test.each([
  [{}, true],
  [{ assigned: "me" }, true],
  [{ assigned: "none" }, false],
  [{ assigned: "noor" }, false],
  [{ q: "DOOR" }, true],
  [{ q: "mara" }, true],
  [{ q: "window" }, false],
  [{ blocked: true }, true],
  [{ blocked: false }, false],
  [{ priority: "urgent" as const }, false],
  [{ tag: "tag_1" }, false],
  [{ incident: "inc_1" }, false],
])("a task of mine fits %j: %s", (filters, does) => {
  expect(fits(mine, filters, "mara")).toBe(does);
});

test("a free task is nobody's, and not mine when nobody is signed in", () => {
  const free = card({ assigned_id: null });
  expect([fits(free, { assigned: "none" }, "mara"), fits(free, { assigned: "me" }, "mara")]).toEqual([true, false]);
});

test("only what is given narrows", () => {
  expect([isNarrowed({ q: undefined }), isNarrowed({ blocked: false })]).toEqual([false, true]);
});

test("lanes end at the edges", () => {
  expect([beside("inbox", 1), beside("done", 1), beside("inbox", -1)]).toEqual(["in_progress", undefined, undefined]);
});

test("a moved task is in the other lane and nothing else changes", () => {
  const board = { tasks: [card({ id: "a" }), card({ id: "b" })], sequence: 3 };
  const after = moved(board, "a", "review");
  expect(after.tasks.map((task) => task.status)).toEqual(["review", "inbox"]);
  expect([after.sequence, board.tasks[0]?.status]).toEqual([3, "inbox"]);
});

test("arrows go from card to card and leap over empty lanes", () => {
  const lanes = laned([
    card({ id: "a", created_at: "2026-01-01T00:00:00Z" }),
    card({ id: "b", created_at: "2026-01-02T00:00:00Z" }),
    card({ id: "c", status: "review" }),
  ]);
  const from = (id: string, key: string) => neighbour(lanes, id, key)?.id;
  expect([from("a", "ArrowDown"), from("b", "ArrowDown"), from("b", "ArrowUp")]).toEqual(["b", undefined, "a"]);
  expect([from("b", "ArrowRight"), from("c", "ArrowLeft"), from("a", "ArrowLeft")]).toEqual(["c", "a", undefined]);
  expect([from("a", "x"), from("gone", "ArrowDown")]).toEqual([undefined, undefined]);
});
