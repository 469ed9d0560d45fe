import { Badge, Code, Group, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Model } from "~/api/client";
import { Copy } from "~/parts/command";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { useUrl } from "~/parts/use-url";
import { Arranged } from "../arranged";
import { useOnBoard } from "../board/on-board";
import { posting } from "./examples";
import { PayloadLog } from "./payload-log";
import { SecretShown } from "./secret-shown";
import { WayRow } from "./way-row";
import { WebhookForm } from "./webhook-form";
import { WAITING_MS, webhooks } from "./webhook-queries";
import { ACTIONS } from "./webhook-words";
import type { WebhooksSearch } from "./webhooks-page";

/** Addresses that others post to, and what came in through them. */
export function IncomingPanel({ search }: { search: WebhooksSearch }) {
  const { boardId, toWrite } = useOnBoard();
  const url = useUrl();
  const [made, setMade] = useState<Model<"MadeWebhook"> | null>(null);
  const found = useShown(useInfiniteQuery({ ...webhooks(boardId), refetchInterval: WAITING_MS }), "webhooks");
  const close = () => url({ edit: undefined }, "closes");
  const form = {
    close,
    show: (one: Model<"MadeWebhook">) => {
      close();
      setMade(one);
    },
  };
  return (
    <Arranged
      title="Webhooks: what comes in"
      what="webhook"
      label="Webhooks"
      query={found}
      refusal={toWrite}
      add={() => url({ edit: "new-webhook" }, "opens")}
      none={{
        title: "No webhooks yet",
        says: "A webhook is an address that GitHub, Grafana or a program of yours posts to; what comes in is remembered or becomes a task.",
      }}
      row={(one) => (
        <WayRow key={one.id} opens="webhook" one={one} isOpened={one.id === search.webhook} refusal={toWrite}>
          <About webhook={one} />
        </WayRow>
      )}
    >
      {(items) => (
        <>
          {search.webhook === undefined ? null : (
            <PayloadLog key={search.webhook} webhookId={search.webhook} search={search} />
          )}
          {search.edit === "new-webhook" ? <WebhookForm {...form} /> : null}
          {items
            .filter(({ id }) => id === search.edit)
            .map((one) => (
              <WebhookForm key={one.id} webhook={one} {...form} />
            ))}
          {made === null ? null : (
            <SecretShown
              title={`The secret of ${made.name}`}
              secret={made.secret}
              example={posting(`${window.location.origin}${made.path}`, made.secret)}
              close={() => setMade(null)}
            />
          )}
        </>
      )}
    </Arranged>
  );
}

function About({ webhook }: { webhook: Model<"Webhook"> }) {
  const address = `${window.location.origin}${webhook.path}`;
  return (
    <>
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
    </>
  );
}
