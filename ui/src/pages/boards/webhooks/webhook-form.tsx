import { Button, Group, Modal, Select, Stack, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Confirm } from "~/parts/confirm";
import { Failure } from "~/parts/failure";
import { Moment } from "~/parts/moment";
import { useOnBoard } from "../board/on-board";
import { ACTIONS } from "./incoming-panel";

type Props = { webhook?: Model<"Webhook">; close: () => void; show: (made: Model<"MadeWebhook">) => void };

/** Makes a webhook, changes one, gives it a new secret, or deletes it. */
export function WebhookForm({ webhook, close, show }: Props) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const [draft, setDraft] = useState({
    name: webhook?.name ?? "",
    description: webhook?.description ?? "",
    enabled: webhook?.enabled ?? true,
    signature: webhook?.signature ?? "required",
    action: webhook?.action ?? "memory",
    tags: webhook?.tags ?? [],
  });
  const change = (one: Partial<typeof draft>) => setDraft({ ...draft, ...one });
  const params = { path: { board_id: boardId, webhook_id: webhook?.id ?? "" } };
  const done = (made?: Model<"MadeWebhook">) => {
    void queries.invalidateQueries({ queryKey: ["webhooks"] });
    close();
    if (made !== undefined) show(made);
  };
  const making = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/webhooks", { params: { path: { board_id: boardId } }, body: draft }),
      ),
    onSuccess: done,
  });
  const saving = useMutation({
    mutationFn: () =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}/webhooks/{webhook_id}", {
          params,
          body: { ...draft, version: webhook?.version },
        }),
      ),
    onSuccess: () => done(),
  });
  const rotating = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/webhooks/{webhook_id}/secret", { params, body: { overlap_s: 86_400 } }),
      ),
    onSuccess: done,
  });
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/boards/{board_id}/webhooks/{webhook_id}", { params })),
    onSuccess: () => done(),
  });
  const problem = making.error ?? saving.error ?? rotating.error ?? removing.error;
  return (
    <Modal opened onClose={close} title={webhook === undefined ? "New webhook" : `Webhook ${webhook.name}`} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (webhook === undefined) making.mutate();
          else saving.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Name"
            required
            data-autofocus
            maxLength={200}
            value={draft.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
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
          {problem === null ? null : <Failure error={problem} />}
          <Group justify="space-between">
            {webhook === undefined ? (
              <span />
            ) : (
              <Group gap="xs">
                <Confirm
                  question={`Delete the webhook ${webhook.name}?`}
                  consequence="Its address is gone, and its log. The memory and the tasks that it made stay."
                  onConfirm={() => removing.mutate()}
                >
                  Delete
                </Confirm>
                <Button variant="default" loading={rotating.isPending} onClick={() => rotating.mutate()}>
                  New secret
                </Button>
              </Group>
            )}
            <Button type="submit" loading={making.isPending || saving.isPending}>
              {webhook === undefined ? "Make the webhook" : "Save"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
