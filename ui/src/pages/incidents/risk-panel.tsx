import { Box, Button, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { count, figure } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { type Incident, namedRiskEvents, riskEventsBefore } from "./queries";

type RiskEvent = Model<"RiskEvent">;
type Props = { incident: Incident; opened: string | undefined; onOpen: (eventId: string | undefined) => void };

/** What the guard decided: verdict, reason, and what was asked for against what was sent. */
export function RiskPanel({ incident, opened, onOpen }: Props) {
  const named = useShown(useInfiniteQuery(namedRiskEvents(incident.id)), "risks");
  const isOthers = named.data?.first.total === 0 && incident.risk_event_count > 0 && incident.robot_id !== null;
  const before = useShown(useInfiniteQuery({ ...riskEventsBefore(incident), enabled: isOthers }), "risks");
  const query = isOthers ? before : named;
  if (query.data?.first.total === 0) return null;
  return (
    <Panel title="Risk events" flush>
      <Answer query={query}>
        {({ items, first: { total } }) => (
          <>
            <Box mah={360} style={{ overflowY: "auto" }} tabIndex={0} role="group" aria-label="Risk events">
              <Table layout="fixed" stickyHeader>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th w={104}>When</Table.Th>
                    <Table.Th w={84}>Verdict</Table.Th>
                    <Table.Th w={120} visibleFrom="sm">
                      By
                    </Table.Th>
                    <Table.Th>Why</Table.Th>
                    <Table.Th w={84}>
                      <VisuallyHidden>Actions</VisuallyHidden>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((event) => (
                    <Row
                      key={event.event_id}
                      event={event}
                      isOpen={opened === event.event_id}
                      onToggle={() => onOpen(opened === event.event_id ? undefined : event.event_id)}
                    />
                  ))}
                </Table.Tbody>
              </Table>
            </Box>
            {total > items.length || isOthers ? (
              <Text size="xs" c="dimmed" p="sm">
                The latest {items.length} of {count(total)}
                {isOthers ? ` that ${incident.robot_id} told of in the half minute before this was opened` : ""}.
              </Text>
            ) : null}
            <More of={query} />
          </>
        )}
      </Answer>
    </Panel>
  );
}

function Row({ event, isOpen, onToggle }: { event: RiskEvent; isOpen: boolean; onToggle: () => void }) {
  return (
    <>
      <Table.Tr>
        <Table.Td>
          <Moment at={event.occurred_at} form="absolute" />
        </Table.Td>
        <Table.Td>
          <Mark of={event.decision === "FAULT" ? "error" : event.outcome} title={event.risk_level.toLowerCase()} />
        </Table.Td>
        <Table.Td visibleFrom="sm" c="dimmed">
          {[event.layer, event.boundary].filter(Boolean).join(" ") || "the guard"}
        </Table.Td>
        <Table.Td>
          <Text size="sm" lineClamp={isOpen ? undefined : 2}>
            {event.reason || "no reason given"}
          </Text>
        </Table.Td>
        <Table.Td ta="right">
          <Button variant="subtle" color="gray" px={6} onClick={onToggle} aria-expanded={isOpen}>
            {isOpen ? "Close" : "Details"}
          </Button>
        </Table.Td>
      </Table.Tr>
      {isOpen ? (
        <Table.Tr>
          <Table.Td colSpan={5}>
            <Details event={event} />
          </Table.Td>
        </Table.Tr>
      ) : null}
    </>
  );
}

function Details({ event }: { event: RiskEvent }) {
  const facts: [string, string | number | null | undefined][] = [
    ["Risk level", event.risk_level.toLowerCase()],
    ["Fallback", event.fallback],
    ["Task", event.task],
    ["Mode", event.mode],
    ["Cycle", event.cycle_id],
    ["Guard session", event.guard_session_id],
  ];
  return (
    <Stack gap="xs" pb="xs">
      <Text size="sm" c="dimmed">
        {facts
          .filter(([, value]) => value !== null && value !== undefined && value !== "")
          .map(([name, value]) => `${name}: ${value}`)
          .join(" · ")}
      </Text>
      <Joints requested={event.requested} executed={event.executed} />
    </Stack>
  );
}

type Targets = (number | null)[] | null | undefined;

function Joints({ requested, executed }: { requested: Targets; executed: Targets }) {
  const joints = Math.max(requested?.length ?? 0, executed?.length ?? 0);
  if (joints === 0) {
    return (
      <Text size="sm" c="dimmed">
        No joint targets came with it.
      </Text>
    );
  }
  return (
    <Box style={{ overflowX: "auto" }} tabIndex={0} role="group" aria-label="Requested and executed joint targets">
      <Table withRowBorders={false} w="auto">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Joint</Table.Th>
            {Array.from({ length: joints }, (_, joint) => (
              <Table.Th key={joint} ta="right">
                {joint + 1}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Values title="Requested" values={requested} joints={joints} />
          <Values title="Executed" values={executed} joints={joints} against={requested} />
        </Table.Tbody>
      </Table>
    </Box>
  );
}

type ValuesProps = { title: string; values: Targets; joints: number; against?: Targets };

function Values({ title, values, joints, against }: ValuesProps) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{title}</Table.Th>
      {Array.from({ length: joints }, (_, joint) => {
        const value = values?.[joint];
        const differs = against !== undefined && value !== against?.[joint];
        return (
          <Table.Td
            key={joint}
            ta="right"
            fw={differs ? 700 : 400}
            title={differs ? "changed by the guard" : undefined}
          >
            {value === null && values !== null ? "no number" : figure(value)}
          </Table.Td>
        );
      })}
    </Table.Tr>
  );
}
