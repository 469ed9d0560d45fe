import { Code, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { bytes } from "~/format/numbers";
import { Moment } from "~/parts/moment";
import { useUrl } from "~/parts/use-url";
import { useOnBoard } from "../board/on-board";
import { Outside } from "../memory/memory-entry";
import { TaskLink } from "../task/task-link";
import { LogDialog, LogHead, LogPart } from "./log-part";
import { payload, payloads } from "./webhook-queries";
import type { WebhooksSearch } from "./webhooks-page";

/** What came in through a webhook, and what became of it. */
export function PayloadLog({ webhookId, search }: { webhookId: string; search: WebhooksSearch }) {
  const { boardId } = useOnBoard();
  return (
    <LogPart
      label="What came in"
      state={search.state}
      found={useInfiniteQuery(payloads(boardId, webhookId, search.state))}
      none={{ title: "Nothing came in", says: "Its form, by the pencil, gives it another secret to sign with." }}
      opens="payload"
      at={(one) => one.received_at}
      cells={(one) => (
        <>
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
        </>
      )}
    >
      {search.payload === undefined ? null : <OnePayload webhookId={webhookId} payloadId={search.payload} />}
    </LogPart>
  );
}

function OnePayload({ webhookId, payloadId }: { webhookId: string; payloadId: string }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const found = useQuery(payload(boardId, webhookId, payloadId));
  return (
    <LogDialog title="What came in" close={() => url({ payload: undefined }, "closes")} found={found}>
      {(one) => <Detail payload={one} />}
    </LogDialog>
  );
}

function Detail({ payload: one }: { payload: Model<"PayloadDetail"> }) {
  const { boardId, toWrite } = useOnBoard();
  const path = { board_id: boardId, webhook_id: one.webhook_id, payload_id: one.id };
  return (
    <>
      <LogHead
        state={one.state}
        problem={one.problem}
        refusal={toWrite ?? (one.state === "delivered" ? "It was delivered and stays as it is." : null)}
        act="Run again"
        done="It is carried out again"
        send={() =>
          answered(
            api.POST("/api/v1/boards/{board_id}/webhooks/{webhook_id}/payloads/{payload_id}/run", { params: { path } }),
          )
        }
      >
        <Moment at={one.received_at} form="both" /> from {one.source_ip}, {bytes(one.size_bytes)}, {one.attempts} tried
      </LogHead>
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
    </>
  );
}
