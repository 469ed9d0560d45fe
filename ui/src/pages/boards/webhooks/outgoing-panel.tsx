import { Badge, Group, Table, Text } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { Mark } from "~/parts/marks";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { ActButton, ActIcon } from "../act-button";
import { useOnBoard } from "../board/on-board";
import { useUrl } from "../use-url";
import { DeliveryLog } from "./delivery-log";
import { Waiting } from "./incoming-panel";
import { SecretShown } from "./secret-shown";
import { SubscriptionForm } from "./subscription-form";
import { subscriptions } from "./webhook-queries";
import type { WebhooksSearch } from "./webhooks-page";

type Made = Model<"MadeSubscription">;

/** Addresses that the events of the board are posted to, and what came of it. */
export function OutgoingPanel({ search }: { search: WebhooksSearch }) {
  const { boardId, toWrite } = useOnBoard();
  const [editing, setEditing] = useState<Model<"Subscription"> | "new" | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const found = useQuery(subscriptions(boardId));
  return (
    <Panel
      flush
      title="Subscriptions: what goes out"
      actions={
        <ActButton
          variant="default"
          refusal={toWrite}
          leftSection={<IconPlus size={14} />}
          onAct={() => setEditing("new")}
        >
          New subscription
        </ActButton>
      }
    >
      <Answer query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No subscriptions yet">
              Events of this board are posted to an address of yours, signed, until it takes them.
            </Empty>
          ) : (
            <Table highlightOnHover layout="fixed" aria-label="Subscriptions">
              <Table.Tbody>
                {items.map((one) => (
                  <Row
                    key={one.id}
                    subscription={one}
                    isOpened={one.id === search.subscription}
                    edit={() => setEditing(one)}
                  />
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      {search.subscription === undefined ? null : (
        <DeliveryLog key={search.subscription} subscriptionId={search.subscription} search={search} />
      )}
      {editing === null ? null : (
        <SubscriptionForm
          subscription={editing === "new" ? undefined : editing}
          close={() => setEditing(null)}
          show={(one) => setMade(one)}
        />
      )}
      {made === null ? null : (
        <SecretShown title={`The secret of ${made.name}`} secret={made.secret} close={() => setMade(null)} />
      )}
    </Panel>
  );
}

type RowProps = { subscription: Model<"Subscription">; isOpened: boolean; edit: () => void };

function Row({ subscription, isOpened, edit }: RowProps) {
  const { boardId, toWrite, snapshot } = useOnBoard();
  const queries = useQueryClient();
  const url = useUrl();
  const agent = snapshot.agents.find((one) => one.id === subscription.agent_id);
  const testing = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/test", {
          params: { path: { board_id: boardId, subscription_id: subscription.id } },
        }),
      ),
    onSuccess: (sent) => {
      say("A message is on its way; the log says what comes of it");
      url({ subscription: subscription.id, delivery: sent.id, webhook: undefined, state: undefined }, "opens");
    },
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <Table.Tr bg={isOpened ? "var(--mantine-color-default-hover)" : undefined}>
      <Table.Td>
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
      </Table.Td>
      <Table.Td ta="right" w={{ base: 132, sm: 280 }}>
        <Group gap={6} justify="flex-end">
          <Waiting waiting={subscription.waiting} dead={subscription.dead} />
          <ActButton variant="default" refusal={toWrite} loading={testing.isPending} onAct={() => testing.mutate()}>
            Test
          </ActButton>
          <ActButton
            variant="default"
            onAct={() =>
              url(
                { subscription: isOpened ? undefined : subscription.id, webhook: undefined, state: undefined },
                "opens",
              )
            }
          >
            {isOpened ? "Close the log" : "Log"}
          </ActButton>
          <ActIcon label={`Edit ${subscription.name}`} refusal={toWrite} onAct={edit}>
            <IconPencil size={14} />
          </ActIcon>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
