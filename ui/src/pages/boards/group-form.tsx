import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Confirm } from "~/parts/confirm";
import { Failure } from "~/parts/failure";

/** Makes a group of boards, or changes one. */
export function GroupForm({ group, close }: { group?: Model<"BoardGroup">; close: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const onSuccess = () => {
    void queries.invalidateQueries({ queryKey: ["boards"] });
    close();
  };
  const path = { group_id: group?.id ?? "" };
  const saving = useMutation({
    mutationFn: () =>
      group === undefined
        ? answered(api.POST("/api/v1/board-groups", { body: { name, description } }))
        : answered(
            api.PATCH("/api/v1/board-groups/{group_id}", {
              params: { path },
              body: { name, description, version: group.version },
            }),
          ),
    onSuccess,
  });
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/board-groups/{group_id}", { params: { path } })),
    onSuccess,
  });
  const problem = saving.error ?? removing.error;
  return (
    <Modal opened onClose={close} title={group === undefined ? "New group of boards" : `Group ${group.name}`}>
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
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Textarea
            label="Description"
            maxLength={20_000}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {problem === null ? null : <Failure error={problem} />}
          <Group justify="space-between">
            {group === undefined ? (
              <span />
            ) : (
              <Confirm
                question={`Delete the group ${group.name}?`}
                consequence="Its boards stay; its memory goes."
                onConfirm={() => removing.mutate()}
              >
                Delete
              </Confirm>
            )}
            <Button type="submit" loading={saving.isPending}>
              {group === undefined ? "Make the group" : "Save"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
