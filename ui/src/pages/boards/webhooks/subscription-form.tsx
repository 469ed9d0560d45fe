import { Switch, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { FormDialog } from "~/parts/form-dialog";
import { NameField } from "~/parts/name-field";
import { useSaving } from "~/parts/use-saving";
import { useOnBoard } from "../board/on-board";
import { OVERLAP_S } from "./overlap";

type Subscription = Model<"Subscription">;
type Made = Model<"MadeSubscription">;
type Props = { subscription?: Subscription; close: () => void; show: (made: Made) => void };

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
  const [name, setName] = useState(subscription?.name ?? "");
  const [address, setAddress] = useState("");
  const [kinds, setKinds] = useState(subscription?.kinds ?? []);
  const [enabled, setEnabled] = useState(subscription?.enabled ?? true);
  const [version] = useState(subscription?.version);
  const isNew = subscription === undefined;
  const board = { params: { path: { board_id: boardId } } };
  const one = { params: { path: { board_id: boardId, subscription_id: subscription?.id ?? "" } } };
  const url = address === "" ? {} : { url: address };
  const make = () =>
    answered(
      api.POST("/api/v1/boards/{board_id}/subscriptions", { ...board, body: { name, url: address, kinds, enabled } }),
    );
  const change = async () => {
    const body = { name, kinds, enabled, version, ...url };
    await answered(api.PATCH("/api/v1/boards/{board_id}/subscriptions/{subscription_id}", { ...one, body }));
  };
  const rotate = () =>
    answered(
      api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/secret", {
        ...one,
        body: { overlap_s: OVERLAP_S },
      }),
    );
  const remove = () => answered(api.DELETE("/api/v1/boards/{board_id}/subscriptions/{subscription_id}", one));
  const done = (made?: Made | undefined) => (made === undefined ? close() : show(made));
  const saving = useSaving<Made | undefined>(
    () => (isNew ? make() : change().then(() => undefined)),
    ["webhooks"],
    done,
  );
  const rotating = useSaving(rotate, ["webhooks"], show);
  const removing = useSaving(remove, ["webhooks"], close);
  return (
    <FormDialog
      title={isNew ? "New subscription" : `Subscription ${subscription.name}`}
      size="lg"
      close={close}
      saving={saving}
      act={isNew ? "Make the subscription" : "Save"}
      removing={
        subscription && {
          ...removing,
          question: `Delete the subscription ${subscription.name}?`,
          consequence: "Nothing is posted there any more, and its log is gone.",
        }
      }
      more={subscription && { ...rotating, act: "New secret" }}
    >
      <NameField value={name} onChange={setName} />
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
    </FormDialog>
  );
}
