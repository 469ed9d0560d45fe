import { Box, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useAdminister } from "~/api/rights";
import { ActLink } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { useEverything } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { useUrl } from "~/parts/use-url";
import { SecretOnce } from "../secret-once";
import { SettingsFrame } from "../settings-frame";
import { Deliveries } from "./deliveries";
import { DestinationActions } from "./destination-actions";
import { DestinationForm } from "./destination-form";
import { type Destination, destinationsQuery, type NotificationsSearch } from "./queries";

/** Who is told what happens here, and what came of it. */
export function NotificationsPage({ search }: { search: NotificationsSearch }) {
  const url = useUrl();
  const [secret, setSecret] = useState<string | null>(null);
  const refusal = useAdminister();
  const destinations = useEverything(useInfiniteQuery(destinationsQuery));
  const close = () => url({ edit: undefined }, "closes");
  return (
    <SettingsFrame
      title="Notifications"
      actions={
        <ActLink
          refusal={refusal}
          to="/settings/notifications"
          search={{ ...search, edit: "" }}
          leftSection={<IconPlus size={15} />}
        >
          Add a destination
        </ActLink>
      }
    >
      <Stack gap="md">
        <Panel title="Destinations" flush>
          <Answer query={destinations}>
            {({ items }) => (
              <>
                {items.length === 0 ? (
                  <Empty title="Nobody is told yet">
                    A webhook, a Slack-compatible chat or mail is told of incidents, damaged recordings and robots that
                    fall silent.
                  </Empty>
                ) : (
                  <Destinations items={items} onSecret={setSecret} />
                )}
                <Modal
                  opened={search.edit !== undefined}
                  onClose={close}
                  title={search.edit ? "Change a destination" : "Add a destination"}
                  size="lg"
                >
                  <Permitted>
                    <DestinationForm
                      key={search.edit}
                      known={items.find((one) => one.id === search.edit)}
                      onDone={(made) => {
                        close();
                        setSecret(made);
                      }}
                    />
                  </Permitted>
                </Modal>
              </>
            )}
          </Answer>
        </Panel>
        <Deliveries search={search} destinations={destinations.data?.items ?? []} />
      </Stack>
      <SecretOnce title="The secret of this webhook" secret={secret} onClose={() => setSecret(null)}>
        <Text size="sm" mt="sm">
          Put it where the receiver checks signatures (Standard Webhooks: webhook-id, webhook-timestamp,
          webhook-signature).
        </Text>
      </SecretOnce>
    </SettingsFrame>
  );
}

function Destinations({ items, onSecret }: { items: Destination[]; onSecret: (secret: string | null) => void }) {
  return (
    <Table aria-label="Destinations">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th visibleFrom="sm">Told of</Table.Th>
          <Table.Th visibleFrom="xs">State</Table.Th>
          <Table.Th aria-label="Actions" />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((one) => (
          <Table.Tr key={one.id}>
            <Table.Td>
              <Text size="sm" fw={550}>
                {one.name}
              </Text>
              <Text size="xs" c="dimmed">
                {one.kind}, {one.address ?? one.recipients.join(", ")}
              </Text>
              <Box hiddenFrom="xs">
                <Standing destination={one} />
              </Box>
            </Table.Td>
            <Table.Td visibleFrom="sm">{toldOf(one)}</Table.Td>
            <Table.Td visibleFrom="xs">
              <Standing destination={one} />
            </Table.Td>
            <Table.Td>
              <DestinationActions destination={one} onSecret={onSecret} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Whether it is told anything, how much waits, and what was given up. */
function Standing({ destination: one }: { destination: Destination }) {
  return (
    <Group gap={4}>
      <Mark of={one.enabled ? "on" : "off"} />
      {(one.waiting ?? 0) > 0 ? <Text size="xs">{one.waiting} wait</Text> : null}
      {(one.dead ?? 0) > 0 ? (
        <PageLink to="/settings/notifications" search={{ destination: one.id, state: "dead" }} size="xs" c="red">
          {one.dead} given up
        </PageLink>
      ) : null}
    </Group>
  );
}

/** What a destination hears, in few words. */
export function toldOf({ filters }: Pick<Destination, "filters">): string {
  const kinds = filters.kinds ?? [];
  const parts = [kinds.length === 0 ? "everything" : kinds.join(", ")];
  if (filters.min_severity) parts.push(`from ${filters.min_severity} on`);
  const where = [...(filters.robot_ids ?? []), ...(filters.sites ?? [])];
  if (where.length > 0) parts.push(`of ${where.join(", ")}`);
  if ((filters.incident_states ?? []).length > 0) parts.push(`when ${filters.incident_states?.join(" or ")}`);
  return parts.join(", ");
}
