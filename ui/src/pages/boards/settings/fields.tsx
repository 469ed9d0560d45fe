import {
  Button,
  Group,
  Modal,
  MultiSelect,
  Select,
  Stack,
  Switch,
  Table,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { useWhoAmI } from "~/api/session";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Confirm } from "~/parts/confirm";
import { Empty } from "~/parts/empty";
import { Failure } from "~/parts/failure";
import { Panel } from "~/parts/panel";
import { ActButton, ActIcon } from "../act-button";
import { asValue } from "../model/draft";
import { MOST, overview } from "../model/queries";
import { toArrange } from "../model/rights";

type Field = Model<"CustomField">;
const KINDS = ["text", "number", "boolean", "date", "enum", "url"];

/** The fields that tasks have beside the usual ones. */
export function Fields() {
  const refusal = toArrange(useWhoAmI());
  const [editing, setEditing] = useState<Field | "new" | null>(null);
  const fields = useQuery({
    queryKey: ["boards", "fields"],
    queryFn: ({ signal }) => answered(api.GET("/api/v1/custom-fields", { params: { query: { limit: MOST } }, signal })),
  });
  return (
    <Panel
      title="Custom fields"
      flush
      actions={
        <ActButton
          variant="default"
          refusal={refusal}
          leftSection={<IconPlus size={14} />}
          onAct={() => setEditing("new")}
        >
          New field
        </ActButton>
      }
    >
      <Answer query={fields}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No custom fields yet">A field is on the tasks of all boards, or of those you name.</Empty>
          ) : (
            <Table>
              <Table.Tbody>
                {items.map((field) => (
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
                    <Table.Td ta="right">
                      <ActIcon label={`Edit the field ${field.name}`} refusal={refusal} onAct={() => setEditing(field)}>
                        <IconPencil size={14} />
                      </ActIcon>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      {editing === null ? null : (
        <FieldForm field={editing === "new" ? undefined : editing} close={() => setEditing(null)} />
      )}
    </Panel>
  );
}

function FieldForm({ field, close }: { field?: Field; close: () => void }) {
  const queries = useQueryClient();
  const boards = useQuery(overview()).data?.items ?? [];
  const [draft, setDraft] = useState({
    name: field?.name ?? "",
    key: field?.key ?? "",
    kind: field?.kind ?? "text",
    required: field?.required ?? false,
    first: field?.default === null || field?.default === undefined ? "" : String(field.default),
    options: field?.options ?? [],
    board_ids: field?.board_ids ?? [],
  });
  const change = (one: Partial<typeof draft>) => setDraft({ ...draft, ...one });
  const { name, key, kind, required, options, board_ids } = draft;
  const first = asValue({ kind }, draft.first);
  const params = { path: { field_id: field?.id ?? "" } };
  const onSuccess = () => {
    void queries.invalidateQueries({ queryKey: ["boards"] });
    close();
  };
  const saving = useMutation({
    mutationFn: () =>
      field === undefined
        ? answered(
            api.POST("/api/v1/custom-fields", {
              body: { name, key, kind, required, default: first, options, board_ids, description: "" },
            }),
          )
        : answered(
            api.PATCH("/api/v1/custom-fields/{field_id}", {
              params,
              body: { name, required, default: first, options, board_ids, version: field.version },
            }),
          ),
    onSuccess,
  });
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/custom-fields/{field_id}", { params })),
    onSuccess,
  });
  const problem = saving.error ?? removing.error;
  return (
    <Modal opened onClose={close} title={field === undefined ? "New custom field" : `Field ${field.name}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Name"
            required
            data-autofocus
            maxLength={200}
            value={name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
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
            <TagsInput
              label="Options"
              size="xs"
              required
              value={options}
              onChange={(next) => change({ options: next })}
            />
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
          {problem === null ? null : <Failure error={problem} />}
          <Group justify="space-between">
            {field === undefined ? (
              <span />
            ) : (
              <Confirm
                question={`Delete the field ${field.name}?`}
                consequence="Tasks are not asked for it any more."
                onConfirm={() => removing.mutate()}
              >
                Delete
              </Confirm>
            )}
            <Button type="submit" loading={saving.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
