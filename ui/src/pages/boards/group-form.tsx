import { Textarea } from "@mantine/core";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { FormDialog } from "~/parts/form-dialog";
import { NameField } from "~/parts/name-field";
import { useSaving } from "~/parts/use-saving";

/** Makes a group of boards, or changes one. */
export function GroupForm({ group, close }: { group?: Model<"BoardGroup">; close: () => void }) {
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const [version] = useState(group?.version);
  const params = { path: { group_id: group?.id ?? "" } };
  const save = () =>
    group === undefined
      ? answered(api.POST("/api/v1/board-groups", { body: { name, description } }))
      : answered(api.PATCH("/api/v1/board-groups/{group_id}", { params, body: { name, description, version } }));
  const remove = () => answered(api.DELETE("/api/v1/board-groups/{group_id}", { params }));
  const saving = useSaving<unknown>(save, ["boards"], close);
  const removing = useSaving(remove, ["boards"], close);
  return (
    <FormDialog
      title={group === undefined ? "New group of boards" : `Group ${group.name}`}
      close={close}
      saving={saving}
      act={group === undefined ? "Make the group" : "Save"}
      removing={
        group && {
          ...removing,
          question: `Delete the group ${group.name}?`,
          consequence: "Its boards stay; its memory goes.",
        }
      }
    >
      <NameField value={name} onChange={setName} />
      <Textarea
        label="Description"
        maxLength={20_000}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
