import { Group, MultiSelect, Select, Switch, Table, TagsInput, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { toAdminister } from "~/api/rights";
import { useWhoAmI } from "~/api/session";
import { plural } from "~/format/numbers";
import { FormDialog } from "~/parts/form-dialog";
import { useEverything, useShown } from "~/parts/listed";
import { NameField } from "~/parts/name-field";
import { useSaving } from "~/parts/use-saving";
import { useUrl } from "~/parts/use-url";
import { Arranged, EditIcon } from "../arranged";
import { asValue } from "../model/draft";
import { allFields, overview } from "../model/queries";

type Field = Model<"CustomField">;
const KINDS = ["text", "number", "boolean", "date", "enum", "url"];

/** The fields that tasks have beside the usual ones; `edit` is the one that is changed, empty for a new one. */
export function Fields({ edit }: { edit?: string }) {
  const refusal = toAdminister(useWhoAmI());
  const url = useUrl();
  const fields = useShown(useInfiniteQuery(allFields), "fields");
  const close = () => url({ field: undefined }, "closes");
  return (
    <Arranged
      title="Custom fields"
      what="field"
      query={fields}
      refusal={refusal}
      add={() => url({ field: "" }, "opens")}
      none={{ title: "No custom fields yet", says: "A field is on the tasks of all boards, or of those you name." }}
      row={(field) => (
        <Table.Tr key={field.id}>
          <Table.Td>
            {field.name}
            <Text size="xs" c="dimmed">
              {field.key}
            </Text>
          </Table.Td>
          <Table.Td>
            {field.kind}
            {field.required ? ", required" : ""}
          </Table.Td>
          <Table.Td visibleFrom="sm">
            {field.board_ids.length === 0 ? "all boards" : plural(field.board_ids.length, "board")}
          </Table.Td>
          <Table.Td ta="right" w={56}>
            <EditIcon
              label={`Edit the field ${field.name}`}
              refusal={refusal}
              onAct={() => url({ field: field.id }, "opens")}
            />
          </Table.Td>
        </Table.Tr>
      )}
    >
      {(items) => {
        if (edit === "") return <FieldForm close={close} />;
        return items.filter(({ id }) => id === edit).map((one) => <FieldForm key={one.id} field={one} close={close} />);
      }}
    </Arranged>
  );
}

function FieldForm({ field, close }: { field?: Field; close: () => void }) {
  const boards = useEverything(useInfiniteQuery(overview())).data?.items ?? [];
  const [draft, setDraft] = useState({
    name: field?.name ?? "",
    key: field?.key ?? "",
    kind: field?.kind ?? "text",
    required: field?.required ?? false,
    first: field?.default === null || field?.default === undefined ? "" : String(field.default),
    options: field?.options ?? [],
    board_ids: field?.board_ids ?? [],
    version: field?.version,
  });
  const change = (one: Partial<typeof draft>) => setDraft({ ...draft, ...one });
  const { name, key, kind, required, options, board_ids, version } = draft;
  const params = { path: { field_id: field?.id ?? "" } };
  const shared = { name, required, default: asValue({ kind }, draft.first), options, board_ids };
  const save = () =>
    field === undefined
      ? answered(api.POST("/api/v1/custom-fields", { body: { ...shared, key, kind, description: "" } }))
      : answered(api.PATCH("/api/v1/custom-fields/{field_id}", { params, body: { ...shared, version } }));
  const remove = () => answered(api.DELETE("/api/v1/custom-fields/{field_id}", { params }));
  const saving = useSaving<unknown>(save, ["boards"], close);
  const removing = useSaving(remove, ["boards"], close);
  return (
    <FormDialog
      title={field === undefined ? "New custom field" : `Field ${field.name}`}
      close={close}
      saving={saving}
      act="Save"
      removing={
        field && {
          ...removing,
          question: `Delete the field ${field.name}?`,
          consequence: "Tasks are not asked for it any more.",
        }
      }
    >
      <NameField value={name} onChange={(name) => change({ name })} />
      <Group grow align="flex-start">
        <TextInput
          label="Key"
          description="In the API; stays as it is"
          required
          pattern="[a-z][a-z0-9_]{0,99}"
          disabled={field !== undefined}
          value={key}
          onChange={(event) => change({ key: event.currentTarget.value })}
        />
        <Select
          label="Kind"
          description="Stays as it is"
          allowDeselect={false}
          disabled={field !== undefined}
          data={KINDS}
          value={kind}
          onChange={(next) => change({ kind: (next ?? "text") as Field["kind"] })}
        />
      </Group>
      {kind === "enum" ? (
        <TagsInput label="Options" size="xs" required value={options} onChange={(next) => change({ options: next })} />
      ) : null}
      <TextInput
        label="Default"
        value={draft.first}
        onChange={(event) => change({ first: event.currentTarget.value })}
      />
      <MultiSelect
        label="On these boards"
        placeholder={board_ids.length === 0 ? "All boards" : undefined}
        clearable
        searchable
        data={boards.map(({ board }) => ({ value: board.id, label: board.name }))}
        value={board_ids}
        onChange={(next) => change({ board_ids: next })}
      />
      <Switch
        label="Required"
        checked={required}
        onChange={(event) => change({ required: event.currentTarget.checked })}
      />
    </FormDialog>
  );
}
