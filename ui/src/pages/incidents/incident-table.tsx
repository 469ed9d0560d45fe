import { Checkbox, Group, Table, Text } from "@mantine/core";
import { plural } from "~/format/numbers";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { withAll, without } from "~/parts/selection";
import type { Chosen } from "./chosen/use-chosen";
import type { Incident } from "./queries";
import { useRowKeys } from "./row-keys";
import { type IncidentSearch, listOf } from "./search";

type Props = {
  incidents: Incident[];
  search: IncidentSearch;
  isBrief?: boolean;
  /** Those that are chosen; absent where nothing is done with them. */
  chosen?: Chosen;
};

/** Incidents as rows; on a phone each is two lines. */
export function IncidentTable({ incidents, search, isBrief = false, chosen }: Props) {
  const list = useRowKeys<HTMLTableElement>(chosen?.toggle);
  const listed = incidents.map((one) => one.id);
  const isAll = listed.length > 0 && listed.every((id) => chosen?.ids.has(id));
  return (
    <Table ref={list} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          {chosen === undefined ? null : (
            <Table.Th w={38}>
              <Checkbox
                aria-label="Choose all of this page"
                checked={isAll}
                indeterminate={!isAll && listed.some((id) => chosen.ids.has(id))}
                onChange={() => chosen.set(isAll ? without(chosen.ids, listed) : withAll(chosen.ids, listed))}
              />
            </Table.Th>
          )}
          <Table.Th w={90}>Severity</Table.Th>
          <Table.Th w={isBrief ? undefined : { md: "30%" }}>Incident</Table.Th>
          <Table.Th w={{ md: 110, xl: 140 }} visibleFrom="md">
            Robot
          </Table.Th>
          <Table.Th w={100} visibleFrom="sm">
            State
          </Table.Th>
          {isBrief ? null : (
            <>
              <Table.Th w={{ md: "18%" }} visibleFrom="md">
                Rule
              </Table.Th>
              <Table.Th visibleFrom="lg">Seen</Table.Th>
            </>
          )}
          <Table.Th w={106} visibleFrom="sm">
            Opened
          </Table.Th>
          {isBrief ? null : (
            <Table.Th w={106} visibleFrom="lg">
              Last
            </Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {incidents.map((one) => (
          <Row key={one.id} incident={one} search={search} isBrief={isBrief} chosen={chosen} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

// What a person reported has no rule but its own title.
const REPORTED = "reported: ";

type RowProps = { incident: Incident; search: IncidentSearch; isBrief: boolean; chosen: Chosen | undefined };

function Row({ incident: one, search, isBrief, chosen }: RowProps) {
  const isChosen = chosen?.ids.has(one.id) === true;
  return (
    <Table.Tr bg={isChosen ? "var(--mantine-color-default-hover)" : undefined}>
      {chosen === undefined ? null : (
        <Table.Td>
          <Checkbox
            aria-label={`Choose ${one.title}`}
            checked={isChosen}
            onChange={() => chosen.toggle(one.id)}
            tabIndex={-1}
          />
        </Table.Td>
      )}
      <Table.Td>
        <Mark of={one.severity} />
      </Table.Td>
      <Table.Td>
        <PageLink
          data-row={one.id}
          to="/incidents/$incidentId"
          params={{ incidentId: one.id }}
          search={listOf(search)}
          c="inherit"
          fw={one.state === "open" ? 600 : 400}
          inherit
        >
          {one.title}
        </PageLink>
        <Group gap={6} hiddenFrom="sm" c="dimmed" fz="xs">
          <Mark of={one.state} />
          <Text inherit span truncate maw="60%">
            {one.robot_id}
          </Text>
          <Moment at={one.opened_at} />
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Text inherit lineClamp={2} title={one.robot_id ?? undefined}>
          {one.robot_id}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Mark of={one.state} />
      </Table.Td>
      {isBrief ? null : (
        <>
          <Table.Td visibleFrom="md" c="dimmed">
            {one.rule.startsWith(REPORTED) ? "" : one.rule}
          </Table.Td>
          <Table.Td visibleFrom="lg" c="dimmed" style={{ whiteSpace: "nowrap" }}>
            {seen(one)}
          </Table.Td>
        </>
      )}
      <Table.Td visibleFrom="sm">
        <Moment at={one.opened_at} />
      </Table.Td>
      {isBrief ? null : (
        <Table.Td visibleFrom="lg">
          <Moment at={one.last_occurred_at} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** What an incident consists of: `2 recordings, 15 risk events`. */
export function seen(one: Incident): string {
  const parts = [
    one.recording_count > 0 ? plural(one.recording_count, "recording") : "",
    one.risk_event_count > 0 ? plural(one.risk_event_count, "risk report") : "",
    one.alert_count > 0 ? plural(one.alert_count, "alert") : "",
  ];
  return parts.filter((one) => one !== "").join(", ") || "reported by a person";
}
