import { Box, Code, Group, Modal, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { bytes } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { say, sayProblem } from "~/parts/say";
import { ActButton } from "../act-button";
import { useOnBoard } from "../board/on-board";
import { Outside } from "../memory/memory-entry";
import { More } from "../more";
import { TaskLink } from "../task/task-link";
import { useUrl } from "../use-url";
import { payload, payloads } from "./webhook-queries";
import type { WebhooksSearch } from "./webhooks-page";

/** What came in through a webhook, and what became of it. */
export function PayloadLog({ webhookId, search }: { webhookId: string; search: WebhooksSearch }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const found = useInfiniteQuery(payloads(boardId, webhookId, search.state));
  return (
    <Box p="sm" component="section" aria-label="What came in">
      <StateChoice value={search.state} />
      <Answer query={found}>
        {(all) => {
          const items = all.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title="Nothing came in" />;
          return (
            <Table highlightOnHover>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.id}>
                    <Table.Td>
                      <Moment at={one.received_at} />
                    </Table.Td>
                    <Table.Td>
                      <Mark of={one.state} />
                    </Table.Td>
                    <Table.Td visibleFrom="sm">{one.source_ip}</Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {bytes(one.size_bytes)}
                    </Table.Td>
                    <Table.Td>
                      {one.task_id === null ? null : <TaskLink taskId={one.task_id} title="its task" />}
                      {one.problem === null ? null : (
                        <Text size="xs" c="dimmed">
                          {one.problem}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td ta="right">
                      <ActButton variant="default" size="compact-xs" onAct={() => url({ payload: one.id }, "opens")}>
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
      {search.payload === undefined ? null : <OnePayload webhookId={webhookId} payloadId={search.payload} />}
    </Box>
  );
}

export function StateChoice({ value }: { value: WebhooksSearch["state"] }) {
  const url = useUrl();
  return (
    <SegmentedControl
      aria-label="Which ones"
      mb="xs"
      value={value ?? "all"}
      onChange={(state) => url({ state: state === "all" ? undefined : state })}
      data={[
        { value: "all", label: "All" },
        { value: "waiting", label: "Waiting" },
        { value: "delivered", label: "Delivered" },
        { value: "dead", label: "Given up" },
      ]}
    />
  );
}

function OnePayload({ webhookId, payloadId }: { webhookId: string; payloadId: string }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const found = useQuery(payload(boardId, webhookId, payloadId));
  return (
    <Modal opened onClose={() => url({ payload: undefined })} title="What came in" size="xl">
      <Answer query={found}>{(one) => <Detail payload={one} />}</Answer>
    </Modal>
  );
}

function Detail({ payload: one }: { payload: Model<"PayloadDetail"> }) {
  const { boardId, toWrite } = useOnBoard();
  const queries = useQueryClient();
  const running = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/webhooks/{webhook_id}/payloads/{payload_id}/run", {
          params: { path: { board_id: boardId, webhook_id: one.webhook_id, payload_id: one.id } },
        }),
      ),
    onSuccess: () => say("It is carried out again"),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  const isDone = one.state === "delivered";
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="xs">
          <Mark of={one.state} />
          <Text size="sm">
            <Moment at={one.received_at} form="both" /> from {one.source_ip}, {bytes(one.size_bytes)}, {one.attempts}{" "}
            tried
          </Text>
        </Group>
        <ActButton
          variant="default"
          refusal={toWrite ?? (isDone ? "It was delivered and stays as it is." : null)}
          loading={running.isPending}
          onAct={() => running.mutate()}
        >
          Run again
        </ActButton>
      </Group>
      {one.problem === null ? null : <Text size="sm">{one.problem}</Text>}
      <Text size="xs" c="dimmed">
        delivery {one.delivery_id ?? "without an id"} · signed as {one.form} · {one.id}
      </Text>
      <Outside text={one.content} />
      <Table withRowBorders={false} verticalSpacing={1} layout="fixed">
        <Table.Tbody>
          {Object.entries(one.headers).map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400} w="35%">
                {name}
              </Table.Th>
              <Table.Td>
                <Code>{value}</Code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
