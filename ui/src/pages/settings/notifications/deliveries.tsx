import { Code, Drawer, Group, Select, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answered, api } from "~/api/client";
import { useAdminister } from "~/api/rights";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { sayProblem } from "~/parts/say";
import {
  DELIVERY_STATES,
  type Delivery,
  type Destination,
  deliveriesQuery,
  deliveryQuery,
  type NotificationsSearch,
} from "./queries";

type Props = { search: NotificationsSearch; destinations: readonly Destination[] };

/** What was told to whom, and what came of it. */
export function Deliveries({ search, destinations }: Props) {
  const navigate = useNavigate();
  const query = useQuery({
    ...deliveriesQuery(search),
    // That something was delivered is no event.
    refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === "waiting") ? 15_000 : false),
  });
  const narrow = (more: NotificationsSearch) =>
    void navigate({
      to: "/settings/notifications",
      search: { ...search, offset: undefined, ...more },
      replace: true,
      resetScroll: false,
    });
  return (
    <Panel
      title="Deliveries"
      flush
      actions={
        <Group gap="xs">
          <Select
            aria-label="Destination"
            placeholder="Every destination"
            clearable
            w={170}
            data={destinations.map((one) => ({ value: one.id, label: one.name }))}
            value={search.destination ?? null}
            onChange={(destination) => narrow({ destination: destination ?? undefined })}
          />
          <Select
            aria-label="State"
            placeholder="Any state"
            clearable
            w={120}
            data={[...DELIVERY_STATES]}
            value={search.state ?? null}
            onChange={(state) => narrow({ state: (state ?? undefined) as NotificationsSearch["state"] })}
          />
        </Group>
      }
    >
      <Answer query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title="Nothing was told yet" />
          ) : (
            <>
              <Table highlightOnHover aria-label="Deliveries">
                <Table.Tbody>
                  {found.items.map((one) => (
                    <Row key={one.id} delivery={one} destinations={destinations} search={search} />
                  ))}
                </Table.Tbody>
              </Table>
              <Pager total={found.total} limit={found.limit} offset={found.offset} />
            </>
          )
        }
      </Answer>
      <Drawer
        opened={search.delivery !== undefined}
        onClose={() => narrow({ delivery: undefined, offset: search.offset })}
        title="Delivery"
        position="right"
        size="lg"
      >
        {search.delivery === undefined ? null : <Detail deliveryId={search.delivery} />}
      </Drawer>
    </Panel>
  );
}

function Row({ delivery, destinations, search }: Props & { delivery: Delivery }) {
  const name = destinations.find((one) => one.id === delivery.destination_id)?.name ?? delivery.destination_id;
  return (
    <Table.Tr>
      <Table.Td>
        <Mark of={delivery.state} />
      </Table.Td>
      <Table.Td>
        <PageLink
          inherit
          to="/settings/notifications"
          search={{ ...search, delivery: delivery.id }}
          resetScroll={false}
          fw={550}
        >
          {delivery.event_kind}
        </PageLink>
        <Text size="xs" c="dimmed">
          {delivery.subject}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="xs">{name}</Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" lineClamp={2}>
          {delivery.problem ?? ""}
        </Text>
      </Table.Td>
      <Table.Td>
        <Moment at={delivery.created_at} />
      </Table.Td>
    </Table.Tr>
  );
}

function Detail({ deliveryId }: { deliveryId: string }) {
  const refusal = useAdminister();
  const queries = useQueryClient();
  const query = useQuery({
    ...deliveryQuery(deliveryId),
    // Attempts are made by and by; only that something was given up is an event.
    refetchInterval: (one) => (one.state.data?.state === "waiting" ? 10_000 : false),
  });
  const resend = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/notifications/deliveries/{delivery_id}/resend", {
          params: { path: { delivery_id: deliveryId } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["notifications"] }),
    onError: sayProblem,
  });
  return (
    <Answer query={query}>
      {(delivery) => (
        <Stack gap="sm">
          <Group gap="xs">
            <Mark of={delivery.state} />
            <Text size="sm" fw={550}>
              {delivery.event_kind}
            </Text>
            <Text size="sm" c="dimmed">
              {delivery.subject}
            </Text>
          </Group>
          {delivery.next_attempt_at ? (
            <Text size="sm">
              It is tried again <Moment at={delivery.next_attempt_at} />.
            </Text>
          ) : null}
          <Group>
            <ActButton variant="default" refusal={refusal} loading={resend.isPending} onAct={() => resend.mutate()}>
              Send it again
            </ActButton>
          </Group>
          {delivery.log.map((attempt) => (
            <Stack key={attempt.number} gap={2}>
              <Text size="sm">
                Attempt {attempt.number}, <Moment at={attempt.started_at} />:{" "}
                {attempt.is_delivered ? "delivered" : (attempt.problem ?? "failed")}
                {attempt.status === null ? "" : ` (${attempt.status})`}, {attempt.duration_ms} ms
              </Text>
              {attempt.answer ? (
                <Code block tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>
                  {attempt.answer}
                </Code>
              ) : null}
            </Stack>
          ))}
          <Text size="sm" fw={550}>
            What is told
          </Text>
          <Code block tabIndex={0} style={{ maxHeight: 420, overflow: "auto", whiteSpace: "pre-wrap" }}>
            {JSON.stringify(delivery.message, null, 2)}
          </Code>
        </Stack>
      )}
    </Answer>
  );
}
