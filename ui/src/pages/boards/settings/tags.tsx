import { Button, ColorInput, Group, Modal, Stack, Table, TextInput } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { useWhoAmI } from "~/api/session";
import { Answer } from "~/parts/answer";
import { Confirm } from "~/parts/confirm";
import { Empty } from "~/parts/empty";
import { Failure } from "~/parts/failure";
import { Panel } from "~/parts/panel";
import { ActButton, ActIcon } from "../act-button";
import classes from "../board/kanban.module.css";
import { MOST } from "../model/queries";
import { toArrange } from "../model/rights";

const COLOURS = ["#64748b", "#0e7490", "#15803d", "#a16207", "#b45309", "#be123c", "#7e22ce", "#1d4ed8"];

/** The tags of the organization. */
export function Tags() {
  const refusal = toArrange(useWhoAmI());
  const [editing, setEditing] = useState<Model<"Tag"> | "new" | null>(null);
  const tags = useQuery({
    queryKey: ["boards", "tags"],
    queryFn: ({ signal }) => answered(api.GET("/api/v1/tags", { params: { query: { limit: MOST } }, signal })),
  });
  return (
    <Panel
      title="Tags"
      flush
      actions={
        <ActButton
          variant="default"
          refusal={refusal}
          leftSection={<IconPlus size={14} />}
          onAct={() => setEditing("new")}
        >
          New tag
        </ActButton>
      }
    >
      <Answer query={tags}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No tags yet">Tags tell tasks apart on all boards.</Empty>
          ) : (
            <Table>
              <Table.Tbody>
                {items.map((tag) => (
                  <Table.Tr key={tag.id}>
                    <Table.Td>
                      <span className={classes.dot} style={{ background: tag.colour }} /> {tag.name}
                    </Table.Td>
                    <Table.Td c="dimmed" visibleFrom="sm">
                      {tag.slug}
                    </Table.Td>
                    <Table.Td ta="right">
                      <ActIcon label={`Edit the tag ${tag.name}`} refusal={refusal} onAct={() => setEditing(tag)}>
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
        <TagForm tag={editing === "new" ? undefined : editing} close={() => setEditing(null)} />
      )}
    </Panel>
  );
}

function TagForm({ tag, close }: { tag?: Model<"Tag">; close: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState(tag?.name ?? "");
  const [colour, setColour] = useState(tag?.colour ?? "#64748b");
  const params = { path: { tag_id: tag?.id ?? "" } };
  const onSuccess = () => {
    void queries.invalidateQueries({ queryKey: ["boards"] });
    close();
  };
  const saving = useMutation({
    mutationFn: () =>
      tag === undefined
        ? answered(api.POST("/api/v1/tags", { body: { name, colour } }))
        : answered(api.PATCH("/api/v1/tags/{tag_id}", { params, body: { name, colour, version: tag.version } })),
    onSuccess,
  });
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/tags/{tag_id}", { params })),
    onSuccess,
  });
  const problem = saving.error ?? removing.error;
  return (
    <Modal opened onClose={close} title={tag === undefined ? "New tag" : `Tag ${tag.name}`}>
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
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <ColorInput
            label="Colour"
            size="xs"
            format="hex"
            swatches={COLOURS}
            eyeDropperButtonProps={{ "aria-label": "Take a colour from the screen" }}
            value={colour}
            onChange={setColour}
          />
          {problem === null ? null : <Failure error={problem} />}
          <Group justify="space-between">
            {tag === undefined ? (
              <span />
            ) : (
              <Confirm
                question={`Delete the tag ${tag.name}?`}
                consequence="Every task that has it loses it."
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
