import { Button, Group, Modal, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Confirm } from "~/parts/confirm";
import { Failure } from "~/parts/failure";
import { useOnBoard } from "../board/on-board";

type Subscription = Model<"Subscription">;
type Props = { subscription?: Subscription; close: () => void; show: (made: Model<"MadeSubscription">) => void };

const KINDS = [
  "task",
  "task.created",
  "task.updated",
  "comment",
  "approval",
  "approval.requested",
  "memory",
  "agent",
  "board",
];

/** Makes a subscription, changes one, gives it a new secret, or deletes it. */
export function SubscriptionForm({ subscription, close, show }: Props) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const [name, setName] = useState(subscription?.name ?? "");
  const [address, setAddress] = useState("");
  const [kinds, setKinds] = useState(subscription?.kinds ?? []);
  const [enabled, setEnabled] = useState(subscription?.enabled ?? true);
  const params = { path: { board_id: boardId, subscription_id: subscription?.id ?? "" } };
  const done = (made?: Model<"MadeSubscription">) => {
    void queries.invalidateQueries({ queryKey: ["webhooks"] });
    close();
    if (made !== undefined) show(made);
  };
  const making = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/subscriptions", {
          params: { path: { board_id: boardId } },
          body: { name, url: address, kinds, enabled },
        }),
      ),
    onSuccess: done,
  });
  const saving = useMutation({
    mutationFn: () =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}/subscriptions/{subscription_id}", {
          params,
          body: { name, kinds, enabled, version: subscription?.version, ...(address === "" ? {} : { url: address }) },
        }),
      ),
    onSuccess: () => done(),
  });
  const rotating = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/secret", {
          params,
          body: { overlap_s: 86_400 },
        }),
      ),
    onSuccess: done,
  });
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/boards/{board_id}/subscriptions/{subscription_id}", { params })),
    onSuccess: () => done(),
  });
  const problem = making.error ?? saving.error ?? rotating.error ?? removing.error;
  const isNew = subscription === undefined;
  return (
    <Modal opened onClose={close} title={isNew ? "New subscription" : `Subscription ${subscription.name}`} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isNew) making.mutate();
          else saving.mutate();
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
          <TextInput
            label="Address"
            type="url"
            required={isNew}
            placeholder={subscription?.address ?? "https://"}
            description={isNew ? undefined : "Empty: it stays as it is. It may hold a secret, so it is not shown whole"}
            maxLength={2_000}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
          <TagsInput
            label="Kinds of events"
            description="None is all"
            size="xs"
            data={KINDS}
            value={kinds}
            onChange={setKinds}
          />
          <Switch
            label="It gets what happens"
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
          {problem === null ? null : <Failure error={problem} />}
          <Group justify="space-between">
            {isNew ? (
              <span />
            ) : (
              <Group gap="xs">
                <Confirm
                  question={`Delete the subscription ${subscription.name}?`}
                  consequence="Nothing is posted there any more, and its log is gone."
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
              {isNew ? "Make the subscription" : "Save"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
