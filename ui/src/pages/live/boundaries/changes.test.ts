import { expect, test } from "vitest";
import { changesOf, draftOf, readDraft } from "./changes";

const speed = { type: "joint_velocity", scale: 0.9, joints: ["a", "b"] };

test("what is typed again unchanged changes nothing", () => {
  const { config } = readDraft(draftOf(speed));
  expect(config).toEqual(speed);
  expect(changesOf(speed, config)).toEqual([]);
});

test("changed, new and missing keys are told apart", () => {
  expect(changesOf(speed, { type: "joint_velocity", scale: 0.5, fallback: "slow" })).toEqual([
    { key: "scale", before: "0.9", after: "0.5" },
    { key: "joints", before: '["a","b"]', after: null },
    { key: "fallback", before: null, after: "slow" },
  ]);
});

test("words need no quotes, numbers and lists are what they look like", () => {
  const { config } = readDraft([
    { key: "type", text: "temperature" },
    { key: "maximum_c", text: "80" },
    { key: "channels", text: '["elbow.temperature_c"]' },
    { key: "fallback", text: " halt " },
  ]);
  expect(config).toEqual({ type: "temperature", maximum_c: 80, channels: ["elbow.temperature_c"], fallback: "halt" });
});

test.each([
  ["1e999", "a number that is none"],
  ["[1,", "half a list"],
  ["", "nothing"],
  ["[1e999]", "infinity within a list"],
])("%s is refused here: %s", (text) => {
  const { config, problems } = readDraft([
    { key: "type", text: "x" },
    { key: "value", text },
  ]);
  expect(config).toBeNull();
  expect(problems[1]).toBeDefined();
});

test("a key that is there twice, or is none, is refused here", () => {
  const { problems } = readDraft([
    { key: "type", text: "x" },
    { key: "scale", text: "1" },
    { key: "scale", text: "2" },
    { key: "two words", text: "2" },
  ]);
  expect(Object.keys(problems)).toEqual(["2", "3"]);
});
