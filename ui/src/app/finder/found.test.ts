import { expect, test } from "vitest";
import { ACTIONS, matching, ofTask } from "./found";

test("every typed word has to be in a line, in any order", () => {
  expect(matching(ACTIONS, "robot enrol").map(({ id }) => id)).toEqual(["enrol"]);
  expect(matching(ACTIONS, "robot of nobody")).toEqual([]);
  expect(matching(ACTIONS, "  ")).toEqual(ACTIONS);
});

test("a task is found on its board, whatever letters its id holds", () => {
  const board = { id: "brd/1", name: "Line" } as Parameters<typeof ofTask>[1];
  expect(ofTask({ id: "t&1", title: "T", status: "inbox" }, board).to).toBe("/boards/brd%2F1?task=t%261");
});
