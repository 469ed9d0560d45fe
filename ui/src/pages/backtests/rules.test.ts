import { expect, test } from "vitest";
import { chosenBy, lineOf, rulesOf } from "./rules";

const fired = { rule: "overspeed", kind: "threshold", topic: "/speed", field: "data", fired_at_ns: 1 };

test("the rule that fired becomes a line to change and try again", () => {
  expect(lineOf({ ...fired, op: "gte", threshold: 9 })).toBe("/speed.data >= 9");
  expect(lineOf({ ...fired, kind: "dropout", op: "gt", threshold: 1 })).toBeUndefined();
  expect(lineOf({ rule: "by hand", kind: "manual", fired_at_ns: 1 })).toBeUndefined();
  expect(lineOf(null)).toBeUndefined();
});

test("each line is a rule, in words or as JSON", () => {
  expect(rulesOf('/speed.data > 9\n\n  {"kind": "dropout", "topic": "/scan"} \n')).toEqual({
    rules: ["/speed.data > 9", { kind: "dropout", topic: "/scan" }],
    problem: null,
  });
  expect(rulesOf("{no json").problem).toContain("{no json");
});

test("named recordings are meant, else all that fit", () => {
  expect(chosenBy({ recording: ["one"], robot: "ada" })).toEqual({ session_ids: ["one"] });
  const found = chosenBy({ robot: "ada", since: "2026-03-02", until: "2026-03-02" });
  expect(Date.parse(found.until ?? "") - Date.parse(found.since ?? "")).toBe(86_400_000);
  expect(found.robot_id).toBe("ada");
});
