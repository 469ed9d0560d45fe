import { Table, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import type { CycleRecord } from "./record";

type Props = { events: CycleRecord[]; chosen: string | undefined; onChoose: (event: number) => void };

export function RiskTable({ events, chosen, onChoose }: Props) {
  return (
    <Table className="live-table" highlightOnHover aria-label="Cycles of the risk log" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={96}>When</Table.Th>
          <Table.Th w={86}>Outcome</Table.Th>
          <Table.Th w={92} visibleFrom="sm">
            Risk
          </Table.Th>
          <Table.Th>Reason</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {events.map((event) => (
          <Table.Tr
            key={event.event_id}
            onClick={() => onChoose(event.event_id)}
            bg={String(event.event_id) === chosen ? "var(--mantine-primary-color-light)" : undefined}
            style={{ cursor: "pointer" }}
          >
            <Table.Td>
              <UnstyledButton
                fz="sm"
                aria-pressed={String(event.event_id) === chosen}
                onClick={() => onChoose(event.event_id)}
              >
                <Moment at={new Date(event.timestamp * 1_000)} form="absolute" />
                <VisuallyHidden>, inspect cycle {event.cycle_id}</VisuallyHidden>
              </UnstyledButton>
            </Table.Td>
            <Table.Td>
              <Mark of={event.outcome} title={event.decision} />
            </Table.Td>
            <Table.Td visibleFrom="sm">
              <Mark of={event.risk_level} />
            </Table.Td>
            <Table.Td>
              <Text size="sm" truncate title={event.reason}>
                {event.reason || event.failure_type || "–"}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
