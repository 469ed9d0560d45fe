import { Code, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { plural } from "~/format/numbers";
import { ActButton } from "~/parts/act-button";
import { Moment } from "~/parts/moment";
import { say } from "~/parts/say";
import { useActing } from "~/parts/use-saving";
import { useUrl } from "~/parts/use-url";
import { useOnBoard } from "../board/on-board";
import { LogDialog, LogHead, LogPart } from "./log-part";
import { deliveries, delivery, WAITING_MS } from "./webhook-queries";
import type { WebhooksSearch } from "./webhooks-page";

/** What was posted for a subscription, and what came of it. */
export function DeliveryLog({ subscriptionId, search }: { subscriptionId: string; search: WebhooksSearch }) {
  const { boardId } = useOnBoard();
  return (
    <LogPart
      label="What was posted"
      state={search.state}
      found={useInfiniteQuery({ ...deliveries(boardId, subscriptionId, search.state), refetchInterval: WAITING_MS })}
      none={{ title: "Nothing was posted", says: "Test it, or change something." }}
      acts={<Revive subscriptionId={subscriptionId} />}
      opens="delivery"
      at={(one) => one.created_at}
      cells={(one) => (
        <>
          <Table.Td>{one.event_kind}</Table.Td>
          <Table.Td visibleFrom="sm">{plural(one.attempts, "attempt")}</Table.Td>
          <Table.Td visibleFrom="sm">
            <Text size="xs" c="dimmed">
              {one.problem}
              {one.next_attempt_at === null ? null : (
                <>
                  {one.problem === null ? "" : " · "}next <Moment at={one.next_attempt_at} />
                </>
              )}
            </Text>
          </Table.Td>
        </>
      )}
    >
      {search.delivery === undefined ? null : (
        <OneDelivery subscriptionId={subscriptionId} deliveryId={search.delivery} />
      )}
    </LogPart>
  );
}

function Revive({ subscriptionId }: { subscriptionId: string }) {
  const { boardId, toWrite } = useOnBoard();
  const path = { board_id: boardId, subscription_id: subscriptionId };
  const reviving = useActing(
    () => answered(api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/resend", { params: { path } })),
    ["webhooks"],
    ({ deliveries: sent }) => say(`${plural(sent, "delivery", "deliveries")} sent again`),
  );
  return (
    <ActButton variant="default" refusal={toWrite} loading={reviving.isPending} onAct={() => reviving.mutate()}>
      Post everything given up again
    </ActButton>
  );
}

function OneDelivery({ subscriptionId, deliveryId }: { subscriptionId: string; deliveryId: string }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const found = useQuery(delivery(boardId, subscriptionId, deliveryId));
  return (
    <LogDialog title="What was posted" close={() => url({ delivery: undefined }, "closes")} found={found}>
      {(one) => <Detail delivery={one} />}
    </LogDialog>
  );
}

function Detail({ delivery: one }: { delivery: Model<"DeliveryDetail"> }) {
  const { boardId, toWrite } = useOnBoard();
  const path = { board_id: boardId, subscription_id: one.destination_id, delivery_id: one.id };
  return (
    <>
      <LogHead
        state={one.state}
        problem={one.problem}
        refusal={toWrite}
        act="Post it again"
        done="It is posted again, under the same id"
        send={() =>
          answered(
            api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/deliveries/{delivery_id}/resend", {
              params: { path },
            }),
          )
        }
      >
        {one.event_kind} · <Moment at={one.created_at} form="both" />
      </LogHead>
      <Table.ScrollContainer minWidth={380}>
        <Table aria-label="Attempts">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Attempt</Table.Th>
              <Table.Th>When</Table.Th>
              <Table.Th ta="right">Took</Table.Th>
              <Table.Th>Answer</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {one.log.map((attempt) => (
              <Table.Tr key={attempt.number}>
                <Table.Td>{attempt.number}</Table.Td>
                <Table.Td>
                  <Moment at={attempt.started_at} />
                </Table.Td>
                <Table.Td ta="right">{attempt.duration_ms} ms</Table.Td>
                <Table.Td>
                  {attempt.status} {attempt.problem} {attempt.answer}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Code block style={{ maxHeight: 360, overflow: "auto" }} tabIndex={0}>
        {JSON.stringify(one.message, null, 2)}
      </Code>
    </>
  );
}
