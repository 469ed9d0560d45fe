import { expect, test } from "vitest";
import { defaultPlots, fieldsOf, isBookkeeping, searched } from "./fields";

const tree = {
  topics: [
    topic("/groundtruth/pose", ["header.stamp.sec", "pose.position.x", "pose.position.y"]),
    topic("/speed", ["data"]),
    topic("/joints", ["[0]", "[1]"]),
    topic("/odom", ["twist.linear.x", "pose.x"]),
  ],
};
function topic(name: string, fields: string[]) {
  return { topic: name, message_type: "", message_count: 10, fields, problem: null };
}

test("an array's elements follow the topic without a dot", () =>
  expect(fieldsOf(tree).map((field) => field.name)).toContain("/joints[1]"));

test("every word must be there, in any order", () => {
  const names = searched(fieldsOf(tree), "x pose").map((field) => field.name);
  expect(names).toEqual(["/odom.pose.x", "/groundtruth/pose.pose.position.x"]);
});

test("nothing typed lists everything, header times last", () => {
  const names = searched(fieldsOf(tree), "").map((field) => field.name);
  expect(names).toHaveLength(8);
  expect(names.at(-1)).toBe("/groundtruth/pose.header.stamp.sec");
});

test("what looks like an expression is looked for as it stands", () => {
  expect(searched(fieldsOf(tree), "[1]").map((field) => field.name)).toEqual(["/joints[1]"]);
  expect(searched(fieldsOf(tree), "(.*")).toEqual([]);
});

test("what the trigger measured is plotted first", () => {
  const trigger = { rule: "r", kind: "threshold", topic: "/odom", field: "twist.linear.x", fired_at_ns: 0 };
  expect(defaultPlots(tree, trigger as Parameters<typeof defaultPlots>[1])).toEqual([
    "/odom.twist.linear.x",
    "/speed.data",
  ]);
});

test("without a trigger the simple numbers are", () => expect(defaultPlots(tree, null)[0]).toBe("/speed.data"));

test("a header's time is bookkeeping", () =>
  expect(["header.stamp.sec", "stamp.nanosec", "seq", "section", "pose.x"].map(isBookkeeping)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]));
