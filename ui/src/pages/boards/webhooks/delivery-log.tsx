import { Box, Code, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { say, sayProblem } from "~/parts/say";
import { ActButton } from "../act-button";
import { useOnBoard } from "../board/on-board";
import { More } from "../more";
import { useUrl } from "../use-url";
import { StateChoice } from "./payload-log";
import { deliveries, delivery } from "./webhook-queries";
import type { WebhooksSearch } from "./webhooks-page";

/** What was posted for a subscription, and what came of it. */
export function DeliveryLog({ subscriptionId, search }: { subscriptionId: string; search: WebhooksSearch }) {
  const { boardId, toWrite } = useOnBoard();
  const url = useUrl();
  const queries = useQueryClient();
  const found = useInfiniteQuery(deliveries(boardId, subscriptionId, search.state));
  const reviving = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/resend", {
          params: { path: { board_id: boardId, subscription_id: subscriptionId } },
        }),
      ),
    onSuccess: ({ deliveries: sent }) => say(`${plural(sent, "delivery", "deliveries")} sent again`),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <Box p="sm" component="section" aria-label="What was posted">
      <Group justify="space-between">
        <StateChoice value={search.state} />
        <ActButton variant="default" refusal={toWrite} loading={reviving.isPending} onAct={() => reviving.mutate()}>
          Post everything given up again
        </ActButton>
      </Group>
      <Answer query={found}>
        {(all) => {
          const items = all.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title="Nothing was posted">Test it, or change something.</Empty>;
          return (
            <Table highlightOnHover>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.id}>
                    <Table.Td>{one.event_kind}</Table.Td>
                    <Table.Td>
                      <Mark of={one.state} />
                    </Table.Td>
                    <Table.Td>
                      <Moment at={one.created_at} />
                    </Table.Td>
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
                    <Table.Td ta="right">
                      <ActButton variant="default" size="compact-xs" onAct={() => url({ delivery: one.id }, "opens")}>
                        Show
                      </ActButton>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          );
        }}
      </Answer>
      <More pages={found} />
      {search.delivery === undefined ? null : (
        <OneDelivery subscriptionId={subscriptionId} deliveryId={search.delivery} />
      )}
    </Box>
  );
}

function OneDelivery({ subscriptionId, deliveryId }: { subscriptionId: string; deliveryId: string }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const found = useQuery(delivery(boardId, subscriptionId, deliveryId));
  return (
    <Modal opened onClose={() => url({ delivery: undefined })} title="What was posted" size="xl">
      <Answer query={found}>{(one) => <Detail delivery={one} />}</Answer>
    </Modal>
  );
}

function Detail({ delivery: one }: { delivery: Model<"DeliveryDetail"> }) {
  const { boardId, toWrite } = useOnBoard();
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/deliveries/{delivery_id}/resend", {
          params: { path: { board_id: boardId, subscription_id: one.destination_id, delivery_id: one.id } },
        }),
      ),
    onSuccess: () => say("It is posted again, under the same id"),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="xs">
          <Mark of={one.state} />
          <Text size="sm">
            {one.event_kind} · <Moment at={one.created_at} form="both" />
          </Text>
        </Group>
        <ActButton variant="default" refusal={toWrite} loading={sending.isPending} onAct={() => sending.mutate()}>
          Post it again
        </ActButton>
      </Group>
      {one.problem === null ? null : <Text size="sm">{one.problem}</Text>}
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
    </Stack>
  );
}
