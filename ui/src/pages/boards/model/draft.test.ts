import { expect, test } from "vitest";
import type { Model } from "~/api/client";
import { asValue, changeOf, draftOf, newTaskOf } from "./draft";
import { card } from "./made";

const field = (key: string, kind: Model<"FieldKind">, first: string | number | boolean | null = null) =>
  ({ id: key, key, name: key, kind, default: first, required: false, options: [] }) as unknown as Model<"CustomField">;
const FIELDS = [field("floor", "number"), field("wet", "boolean"), field("shift", "text", "night")];

test("a draft that nobody touched changes nothing", () => {
  const task = card({ custom_fields: { floor: 2 }, due_at: "2026-03-02T12:00:00Z", assigned_id: "mara" });
  expect(changeOf(draftOf(FIELDS, task), task, FIELDS)).toEqual({});
});

test("only what was touched is sent, and what was emptied is null", () => {
  const task = card({ custom_fields: { floor: 2, wet: true }, incident_id: "inc_1", assigned_id: "mara" });
  const draft = draftOf(FIELDS, task);
  const touched = { ...draft, incident_id: " ", assigned_id: null, fields: { ...draft.fields, floor: "" } };
  expect(changeOf(touched, task, FIELDS)).toEqual({
    incident_id: null,
    assigned_id: null,
    custom_fields: { floor: null },
  });
});

test("tags in another order are the same tags", () => {
  const tag = (id: string) => ({ id, name: id, slug: id, colour: "#000000" });
  const task = card({ tags: [tag("b"), tag("a")] });
  expect(changeOf({ ...draftOf(FIELDS, task), tag_ids: ["a", "b"] }, task, FIELDS)).toEqual({});
});

test("a new task takes the defaults and leaves out what is empty", () => {
  const made = newTaskOf({ ...draftOf(FIELDS), title: "Look" }, FIELDS);
  expect([made.custom_fields, made.due_at, made.incident_id]).toEqual([{ shift: "night" }, null, null]);
});

test.each([
  ["number", "2.5", 2.5],
  ["number", "many", "many"],
  ["boolean", "false", false],
  ["text", "7", "7"],
  ["date", " ", null],
] as const)("%s from %j is %j", (kind, text, value) => expect(asValue({ kind }, text)).toBe(value));
