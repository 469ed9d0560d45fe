import { expect, test } from "vitest";
import { changesOf, said, verbOf } from "./story";

const told = (kind: string, before: Record<string, unknown> | null = null, after = before) => ({ kind, before, after });

test.each([
  [told("task.claimed"), "claimed it"],
  [told("task.updated", { status: "inbox" }, { status: "in_progress" }), "moved it to in progress"],
  [told("task.updated", { title: "a" }, { title: "b" }), "changed task"],
  [told("board.incident_rule_created"), "made incident rule"],
  [told("memory.deleted"), "deleted memory"],
  [told("agent.offline"), "noted:"],
  [told("subscription.dead"), "gave up a delivery to a subscription"],
])("%j is told in words", (entry, words) => expect(verbOf(entry)).toBe(words));

test("only what was there before and is different now is a change", () => {
  const before = { title: "Door", assigned_id: "agt_1", due_at: null, version: 1 };
  const after = { title: "Door 3", assigned_id: null, due_at: null, version: 2, name: "new" };
  expect(changesOf({ before, after })).toEqual([{ name: "title", before: "Door", after: "Door 3" }]);
  expect(changesOf({ before: null, after })).toEqual([]);
});

test("long values are cut, nothing is a dash", () => {
  expect([said(null), said(""), said({ a: 1 }), said("x".repeat(500)).length]).toEqual(["–", "–", '{"a":1}', 161]);
});
