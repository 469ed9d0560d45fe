import { Group, MultiSelect, Select, Stack, Textarea, TextInput } from "@mantine/core";
import type { Model } from "~/api/client";
import { useOnBoard } from "../board/on-board";
import type { Draft } from "../model/draft";
import { PRIORITIES } from "../model/lanes";
import type { Priority } from "../model/queries";
import { AssigneeSelect } from "./assignee-select";

type Props = { draft: Draft; change: (change: Partial<Draft>) => void };

/** Everything that a task is, to be filled in. */
export function TaskForm({ draft, change }: Props) {
  const { snapshot } = useOnBoard();
  return (
    <Stack gap="sm">
      <TextInput
        label="Title"
        required
        maxLength={300}
        data-autofocus
        value={draft.title}
        onChange={(event) => change({ title: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        maxRows={16}
        maxLength={50_000}
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Group grow>
        <Select
          label="Priority"
          allowDeselect={false}
          data={PRIORITIES}
          value={draft.priority}
          onChange={(priority) => change({ priority: (priority ?? "medium") as Priority })}
        />
        <AssigneeSelect
          label="Assigned to"
          placeholder="Nobody"
          value={draft.assigned_id}
          onChange={(assigned_id) => change({ assigned_id })}
        />
      </Group>
      <Group grow>
        <TextInput
          type="datetime-local"
          label="Due"
          value={draft.due_at}
          onChange={(event) => change({ due_at: event.currentTarget.value })}
        />
        <TextInput
          label="About incident"
          placeholder="inc_…"
          maxLength={100}
          value={draft.incident_id}
          onChange={(event) => change({ incident_id: event.currentTarget.value })}
        />
      </Group>
      {snapshot.tags.length === 0 ? null : (
        <MultiSelect
          label="Tags"
          searchable
          clearable
          data={snapshot.tags.map((tag) => ({ value: tag.id, label: tag.name }))}
          value={draft.tag_ids}
          onChange={(tag_ids) => change({ tag_ids })}
        />
      )}
      {snapshot.custom_fields.map((field) => (
        <FieldInput
          key={field.id}
          field={field}
          value={draft.fields[field.key] ?? ""}
          change={(value) => change({ fields: { ...draft.fields, [field.key]: value } })}
        />
      ))}
    </Stack>
  );
}

const TYPES: Record<string, string> = { number: "number", date: "date", url: "url", text: "text" };

function FieldInput(props: { field: Model<"CustomField">; value: string; change: (value: string) => void }) {
  const { field, value, change } = props;
  const shared = { label: field.name, description: field.description || undefined, required: field.required };
  if (field.kind === "enum" || field.kind === "boolean") {
    const data = field.kind === "enum" ? field.options : ["true", "false"];
    return (
      <Select
        {...shared}
        clearable={!field.required}
        data={data}
        value={value === "" ? null : value}
        onChange={(next) => change(next ?? "")}
      />
    );
  }
  return (
    <TextInput
      {...shared}
      type={TYPES[field.kind] ?? "text"}
      step="any"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
