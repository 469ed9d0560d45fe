import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { factsOf } from "./facts";
import { gapsIn, lanesOf, type Mark, packed, triggerText } from "./lanes";

const START = 1_000_000_000_000n;
const trigger: Model<"TriggerFired"> = {
  rule: "overspeed",
  kind: "threshold",
  topic: "/speed",
  field: "data",
  value: 9.125617,
  op: "gt",
  threshold: 9,
  fired_at_ns: 1_012_000_000_000,
};
const note = (id: number, time_s: number, end_s?: number): Model<"Annotation"> => ({
  id,
  session_id: "one",
  time_ns: time_s * 1e9,
  end_time_ns: end_s === undefined ? null : end_s * 1e9,
  body: `note ${id}`,
  author: "",
  tags: [],
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
});
const at = (from: number, to: number | null = null): Mark => ({
  key: `${from}-${to}`,
  from,
  to,
  tone: "quiet",
  title: "",
});
const known = {
  recording: { trigger, label: "", drops: {} },
  startNs: START,
  durationS: 20,
  facts: null,
  annotations: [],
  gaps: [],
};

test("a trigger says its value against its threshold", () =>
  expect(triggerText(trigger)).toBe("overspeed: /speed.data = 9.126 > 9"));

test("the rolls lie on both sides of the trigger, as long as the capture says", () => {
  const facts = factsOf(
    new Map([
      ["pre_s", "60.0"],
      ["post_s", "5.0"],
    ]),
  );
  const lanes = lanesOf({ ...known, facts });
  expect(lanes.map((lane) => lane.key)).toEqual(["trigger", "roll"]);
  expect(lanes[1]?.rows[0]?.map(({ from, to }) => [from, to])).toEqual([
    [0, 12],
    [12, 17],
  ]);
});

test("a trigger outside of the recording has no rolls", () => {
  const recording = { ...known.recording, trigger: { ...trigger, fired_at_ns: 900_000_000_000 } };
  expect(lanesOf({ ...known, recording }).map((lane) => lane.key)).toEqual(["trigger"]);
});

test("triggers that share the capture are marked too", () => {
  const merged = JSON.stringify([
    { label: "again", trigger: { rule: "stall", fired_at_ns: 1_014_000_000_000 } },
    { label: "none" },
  ]);
  const lanes = lanesOf({ ...known, facts: factsOf(new Map([["merged", merged]])) });
  expect(lanes[0]?.rows.flat().map((mark) => [mark.from, mark.title])).toEqual([
    [12, "overspeed: /speed.data = 9.126 > 9"],
    [14, "stall: again"],
  ]);
});

test("metadata that are no metadata say nothing", () => {
  const record = new Map([
    ["pre_s", "long"],
    ["drops", "[1"],
    ["merged", "{}"],
    ["thinned", '{"/a": "x"}'],
    ["post_s", "-3"],
  ]);
  expect(factsOf(record)).toEqual({ preS: null, postS: null, drops: {}, thinned: {}, merged: [], software: {} });
});

test("drops are where the topic is silent, or anywhere when that cannot be told", () => {
  const recording = { ...known.recording, trigger: null, drops: { "/camera": 12, "/odom": 3 } };
  const lanes = lanesOf({ ...known, recording, gaps: [{ topic: "/camera", from: 3, to: 5 }] });
  expect(lanes[0]?.rows.flat().map(({ from, to }) => [from, to])).toEqual([
    [0, 20],
    [3, 5],
  ]);
});

test("a gap is much longer than usual", () => {
  const times = [0, 0.1, 0.2, 0.31, 0.9, 1.0, 1.1];
  expect(gapsIn("/a", times)).toEqual([{ topic: "/a", from: 0.31, to: 0.9 }]);
  expect(gapsIn("/a", [])).toEqual([]);
});

test("what overlaps stands below each other", () => {
  const rows = packed([at(0, 5), at(5, 8), at(1, 2), at(2, 3), at(4)]);
  expect(rows.map((row) => row.map((mark) => mark.from))).toEqual([
    [0, 5],
    [1, 2, 4],
  ]);
});

test("however much overlaps, a lane stays low", () => {
  const rows = packed(Array.from({ length: 50 }, (_, number) => at(number / 100, 10)));
  expect(rows.length).toBe(4);
  expect(rows.flat().length).toBe(50);
});

test("notes keep their number", () => {
  const lanes = lanesOf({
    ...known,
    recording: { ...known.recording, trigger: null },
    annotations: [note(7, 3, 4), note(8, 3.5)],
  });
  expect(lanes[0]?.rows.flat().map((mark) => mark.annotation)).toEqual([7, 8]);
});
