import { Group, Select, Switch, TagsInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { FormDialog } from "~/parts/form-dialog";
import { Moment } from "~/parts/moment";
import { NameField } from "~/parts/name-field";
import { useSaving } from "~/parts/use-saving";
import { useOnBoard } from "../board/on-board";
import { OVERLAP_S } from "./overlap";
import { ACTIONS } from "./webhook-words";

type Made = Model<"MadeWebhook">;
type Props = { webhook?: Model<"Webhook">; close: () => void; show: (made: Made) => void };

/** Makes a webhook, changes one, gives it a new secret, or deletes it. */
export function WebhookForm({ webhook, close, show }: Props) {
  const { boardId } = useOnBoard();
  const [draft, setDraft] = useState({
    name: webhook?.name ?? "",
    description: webhook?.description ?? "",
    enabled: webhook?.enabled ?? true,
    signature: webhook?.signature ?? "required",
    action: webhook?.action ?? "memory",
    tags: webhook?.tags ?? [],
  });
  const [version] = useState(webhook?.version);
  const isNew = webhook === undefined;
  const change = (one: Partial<typeof draft>) => setDraft({ ...draft, ...one });
  const board = { params: { path: { board_id: boardId } } };
  const one = { params: { path: { board_id: boardId, webhook_id: webhook?.id ?? "" } } };
  const make = () => answered(api.POST("/api/v1/boards/{board_id}/webhooks", { ...board, body: draft }));
  const save = async () => {
    const body = { ...draft, version };
    await answered(api.PATCH("/api/v1/boards/{board_id}/webhooks/{webhook_id}", { ...one, body }));
  };
  const rotate = () =>
    answered(
      api.POST("/api/v1/boards/{board_id}/webhooks/{webhook_id}/secret", { ...one, body: { overlap_s: OVERLAP_S } }),
    );
  const remove = () => answered(api.DELETE("/api/v1/boards/{board_id}/webhooks/{webhook_id}", one));
  const done = (made?: Made | undefined) => (made === undefined ? close() : show(made));
  const saving = useSaving<Made | undefined>(() => (isNew ? make() : save().then(() => undefined)), ["webhooks"], done);
  const rotating = useSaving(rotate, ["webhooks"], show);
  const removing = useSaving(remove, ["webhooks"], close);
  return (
    <FormDialog
      title={isNew ? "New webhook" : `Webhook ${webhook.name}`}
      size="lg"
      close={close}
      saving={saving}
      act={isNew ? "Make the webhook" : "Save"}
      removing={
        webhook && {
          ...removing,
          question: `Delete the webhook ${webhook.name}?`,
          consequence: "Its address is gone, and its log. The memory and the tasks that it made stay.",
        }
      }
      more={webhook && { ...rotating, act: "New secret" }}
    >
      <NameField value={draft.name} onChange={(name) => change({ name })} />
      <Textarea
        label="Description"
        maxLength={2_000}
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <Group grow align="flex-start">
        <Select
          label="What comes in"
          allowDeselect={false}
          data={Object.entries(ACTIONS).map(([value, label]) => ({ value, label }))}
          value={draft.action}
          onChange={(action) => change({ action: (action ?? "memory") as Model<"WebhookAction"> })}
        />
        <Select
          label="Signature"
          allowDeselect={false}
          data={[
            { value: "required", label: "Required" },
            { value: "none", label: "None: everybody may post" },
          ]}
          value={draft.signature}
          onChange={(signature) => change({ signature: signature === "none" ? "none" : "required" })}
        />
      </Group>
      <TagsInput
        label="Tags of what is remembered"
        size="xs"
        maxTags={10}
        value={draft.tags}
        onChange={(tags) => change({ tags })}
      />
      <Switch
        label="It takes what comes"
        checked={draft.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
      {webhook?.previous_secret_until ? (
        <span>
          The secret before is good until <Moment at={webhook.previous_secret_until} form="both" />.
        </span>
      ) : null}
    </FormDialog>
  );
}
