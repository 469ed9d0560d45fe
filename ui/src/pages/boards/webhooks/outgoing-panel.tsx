import { Badge, Group, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { ActButton } from "~/parts/act-button";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { say } from "~/parts/say";
import { useActing } from "~/parts/use-saving";
import { useUrl } from "~/parts/use-url";
import { Arranged } from "../arranged";
import { useOnBoard } from "../board/on-board";
import { DeliveryLog } from "./delivery-log";
import { SecretShown } from "./secret-shown";
import { SubscriptionForm } from "./subscription-form";
import { WayRow } from "./way-row";
import { subscriptions, WAITING_MS } from "./webhook-queries";
import type { WebhooksSearch } from "./webhooks-page";

type Subscription = Model<"Subscription">;

/** Addresses that the events of the board are posted to, and what came of it. */
export function OutgoingPanel({ search }: { search: WebhooksSearch }) {
  const { boardId, toWrite } = useOnBoard();
  const url = useUrl();
  const [made, setMade] = useState<Model<"MadeSubscription"> | null>(null);
  const found = useShown(useInfiniteQuery({ ...subscriptions(boardId), refetchInterval: WAITING_MS }), "subscriptions");
  const close = () => url({ edit: undefined }, "closes");
  const form = {
    close,
    show: (one: Model<"MadeSubscription">) => {
      close();
      setMade(one);
    },
  };
  return (
    <Arranged
      title="Subscriptions: what goes out"
      what="subscription"
      label="Subscriptions"
      query={found}
      refusal={toWrite}
      add={() => url({ edit: "new-subscription" }, "opens")}
      none={{
        title: "No subscriptions yet",
        says: "Events of this board are posted to an address of yours, signed, until it takes them.",
      }}
      row={(one) => (
        <WayRow
          key={one.id}
          opens="subscription"
          one={one}
          isOpened={one.id === search.subscription}
          refusal={toWrite}
          acts={<Test subscriptionId={one.id} />}
        >
          <About subscription={one} />
        </WayRow>
      )}
    >
      {(items) => (
        <>
          {search.subscription === undefined ? null : (
            <DeliveryLog key={search.subscription} subscriptionId={search.subscription} search={search} />
          )}
          {search.edit === "new-subscription" ? <SubscriptionForm {...form} /> : null}
          {items
            .filter(({ id }) => id === search.edit)
            .map((one) => (
              <SubscriptionForm key={one.id} subscription={one} {...form} />
            ))}
          {made === null ? null : (
            <SecretShown title={`The secret of ${made.name}`} secret={made.secret} close={() => setMade(null)} />
          )}
        </>
      )}
    </Arranged>
  );
}

function Test({ subscriptionId }: { subscriptionId: string }) {
  const { boardId, toWrite } = useOnBoard();
  const url = useUrl();
  const path = { board_id: boardId, subscription_id: subscriptionId };
  const testing = useActing(
    () => answered(api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/test", { params: { path } })),
    ["webhooks"],
    (sent) => {
      say("A message is on its way; the log says what comes of it");
      url({ subscription: subscriptionId, delivery: sent.id, webhook: undefined, state: undefined }, "opens");
    },
  );
  return (
    <ActButton variant="default" refusal={toWrite} loading={testing.isPending} onAct={() => testing.mutate()}>
      Test
    </ActButton>
  );
}

function About({ subscription }: { subscription: Subscription }) {
  const { snapshot } = useOnBoard();
  const agent = snapshot.agents.find((one) => one.id === subscription.agent_id);
  return (
    <>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {subscription.name}
        </Text>
        {subscription.enabled ? null : <Mark of="off" />}
        {subscription.kinds.length === 0 ? (
          <Text span size="xs" c="dimmed">
            everything
          </Text>
        ) : (
          subscription.kinds.map((kind) => (
            <Badge key={kind} color="gray" variant="outline" tt="none">
              {kind}
            </Badge>
          ))
        )}
        {agent === undefined ? null : (
          <Text span size="xs" c="dimmed">
            by {agent.name}
          </Text>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {subscription.address ?? "an address that cannot be read any more"}
      </Text>
    </>
  );
}
