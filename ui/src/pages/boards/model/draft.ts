import type { Model } from "~/api/client";
import type { Priority, Task } from "./queries";

export type Value = string | number | boolean | null;
type Field = Model<"CustomField">;

/** A task as a form holds it: texts, empty where there is nothing. */
export type Draft = {
  title: string;
  description: string;
  priority: Priority;
  assigned_id: string | null;
  due_at: string;
  tag_ids: string[];
  incident_id: string;
  fields: Record<string, string>;
};

export function draftOf(fields: readonly Field[], task?: Task): Draft {
  return {
    title: task?.title ?? "",
    description: task?.description ?? "",
    priority: task?.priority ?? "medium",
    assigned_id: task?.assigned_id ?? null,
    due_at: task?.due_at ? localTime(task.due_at) : "",
    tag_ids: task?.tags.map((tag) => tag.id) ?? [],
    incident_id: task?.incident_id ?? "",
    fields: Object.fromEntries(
      fields.map((field) => [field.key, asText(task === undefined ? field.default : task.custom_fields[field.key])]),
    ),
  };
}

/** What is sent of a draft for a new task. */
export function newTaskOf(draft: Draft, fields: readonly Field[]): Model<"NewTask"> {
  const { due_at, incident_id, fields: _texts, ...rest } = draft;
  const values = Object.entries(valuesOf(draft, fields)).filter(([, value]) => value !== null);
  return {
    ...rest,
    due_at: momentOf(due_at),
    incident_id: incident_id.trim() || null,
    depends_on_ids: [],
    custom_fields: Object.fromEntries(values),
  };
}

/** What of a draft is different from the task; what stays is not sent, so that it overwrites nobody's change. */
export function changeOf(draft: Draft, task: Task, fields: readonly Field[]): Partial<Model<"TaskChange">> {
  const before = draftOf(fields, task);
  const change: Partial<Model<"TaskChange">> = {};
  if (draft.title !== before.title) change.title = draft.title;
  if (draft.description !== before.description) change.description = draft.description;
  if (draft.priority !== before.priority) change.priority = draft.priority;
  if (draft.assigned_id !== before.assigned_id) change.assigned_id = draft.assigned_id;
  if (draft.due_at !== before.due_at) change.due_at = momentOf(draft.due_at);
  if (draft.incident_id.trim() !== before.incident_id) change.incident_id = draft.incident_id.trim() || null;
  if (draft.tag_ids.toSorted().join() !== before.tag_ids.toSorted().join()) change.tag_ids = draft.tag_ids;
  const touched = fields.filter((field) => draft.fields[field.key] !== before.fields[field.key]);
  if (touched.length > 0) change.custom_fields = valuesOf(draft, touched);
  return change;
}

function valuesOf(draft: Draft, fields: readonly Field[]): Record<string, Value> {
  return Object.fromEntries(fields.map((field) => [field.key, asValue(field, draft.fields[field.key] ?? "")]));
}

/** A value as its kind wants it; what cannot be read stays text, for the hub to say what is wrong with it. */
export function asValue(field: Pick<Field, "kind">, text: string): Value {
  if (text.trim() === "") return null;
  if (field.kind === "boolean") return text === "true";
  if (field.kind === "number") return Number.isFinite(Number(text)) ? Number(text) : text;
  return text;
}

function asText(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

/** For an input of date and time, which knows no zone: the viewer's. */
export function localTime(at: string): string {
  const moment = new Date(at);
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

function momentOf(local: string): string | null {
  const moment = new Date(local);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}
