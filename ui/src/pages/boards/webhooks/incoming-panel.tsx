import { Badge, Code, Group, Table, Text } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Copy } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { Mark } from "~/parts/marks";
import { Panel } from "~/parts/panel";
import { ActButton, ActIcon } from "../act-button";
import { useOnBoard } from "../board/on-board";
import { useUrl } from "../use-url";
import { posting } from "./examples";
import { PayloadLog } from "./payload-log";
import { SecretShown } from "./secret-shown";
import { WebhookForm } from "./webhook-form";
import { webhooks } from "./webhook-queries";
import type { WebhooksSearch } from "./webhooks-page";

type Made = Model<"MadeWebhook">;

/** Addresses that others post to, and what came in through them. */
export function IncomingPanel({ search }: { search: WebhooksSearch }) {
  const { boardId, toWrite } = useOnBoard();
  const [editing, setEditing] = useState<Model<"Webhook"> | "new" | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const found = useQuery(webhooks(boardId));
  const origin = window.location.origin;
  return (
    <Panel
      flush
      title="Webhooks: what comes in"
      actions={
        <ActButton
          variant="default"
          refusal={toWrite}
          leftSection={<IconPlus size={14} />}
          onAct={() => setEditing("new")}
        >
          New webhook
        </ActButton>
      }
    >
      <Answer query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No webhooks yet">
              A webhook is an address that GitHub, Grafana or a program of yours posts to; what comes in is remembered
              or becomes a task.
            </Empty>
          ) : (
            <Table highlightOnHover layout="fixed" aria-label="Webhooks">
              <Table.Tbody>
                {items.map((one) => (
                  <Row key={one.id} webhook={one} isOpened={one.id === search.webhook} edit={() => setEditing(one)} />
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      {search.webhook === undefined ? null : (
        <PayloadLog key={search.webhook} webhookId={search.webhook} search={search} />
      )}
      {editing === null ? null : (
        <WebhookForm
          webhook={editing === "new" ? undefined : editing}
          close={() => setEditing(null)}
          show={(one) => setMade(one)}
        />
      )}
      {made === null ? null : (
        <SecretShown
          title={`The secret of ${made.name}`}
          secret={made.secret}
          example={posting(`${origin}${made.path}`, made.secret)}
          close={() => setMade(null)}
        />
      )}
    </Panel>
  );
}

function Row({ webhook, isOpened, edit }: { webhook: Model<"Webhook">; isOpened: boolean; edit: () => void }) {
  const { toWrite } = useOnBoard();
  const url = useUrl();
  const address = `${window.location.origin}${webhook.path}`;
  return (
    <Table.Tr bg={isOpened ? "var(--mantine-color-default-hover)" : undefined}>
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {webhook.name}
          </Text>
          {webhook.enabled ? null : <Mark of="off" />}
          {webhook.signature === "none" ? (
            <Badge color="yellow" tt="none" title="Everybody who knows the address may post">
              unsigned
            </Badge>
          ) : null}
          <Text span size="xs" c="dimmed">
            {ACTIONS[webhook.action]}
          </Text>
        </Group>
        <Group gap={2} wrap="nowrap">
          <Code style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{address}</Code>
          <Copy text={address} label="Copy the address" />
        </Group>
      </Table.Td>
      <Table.Td ta="right" w={{ base: 132, sm: 280 }}>
        <Group gap={6} justify="flex-end">
          <Waiting waiting={webhook.waiting} dead={webhook.dead} />
          <ActButton
            variant="default"
            onAct={() =>
              url({ webhook: isOpened ? undefined : webhook.id, subscription: undefined, state: undefined }, "opens")
            }
          >
            {isOpened ? "Close the log" : "Log"}
          </ActButton>
          <ActIcon label={`Edit ${webhook.name}`} refusal={toWrite} onAct={edit}>
            <IconPencil size={14} />
          </ActIcon>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

export const ACTIONS: Record<Model<"WebhookAction">, string> = {
  memory: "is remembered",
  task: "becomes a task",
  both: "is remembered and becomes a task",
};

export function Waiting({ waiting = 0, dead = 0 }: { waiting?: number; dead?: number }) {
  return (
    <>
      {waiting > 0 ? (
        <Badge color="yellow" tt="none">
          {waiting} waiting
        </Badge>
      ) : null}
      {dead > 0 ? (
        <Badge color="red" tt="none">
          {dead} given up
        </Badge>
      ) : null}
    </>
  );
}
