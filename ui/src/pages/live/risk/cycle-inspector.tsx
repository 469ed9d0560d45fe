import { ActionIcon, Code, Group, Stack, Table, Text, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Answer } from "~/parts/answer";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { useLive } from "../feed/feed-context";
import { askGuard } from "../guard-requests";
import { LAYERS } from "../now/guards";
import { StageBar, stagesOf } from "../now/latency";
import { type CycleRecord, jointLines } from "./record";

type Props = { robotId: string; eventId: string; listed: CycleRecord[] | undefined; onClose: () => void };

/** One cycle: what went in, what each guard said of it, what came out, and how long everything took. */
export function CycleInspector({ robotId, eventId, listed, onClose }: Props) {
  const found = listed?.find((one) => String(one.event_id) === eventId);
  const query = useQuery({
    queryKey: ["live", robotId, "risk-event", eventId],
    queryFn: ({ signal }) =>
      askGuard<CycleRecord>(robotId, { method: "GET", path: `/api/risk-log/${encodeURIComponent(eventId)}` }, signal),
    // A cycle that happened does not change; the list holds it whole.
    staleTime: Number.POSITIVE_INFINITY,
    initialData: found,
  });
  return (
    <Panel
      title={query.data === undefined ? "Cycle" : `Cycle ${query.data.cycle_id}`}
      actions={
        <ActionIcon onClick={onClose} aria-label="Close the cycle">
          <IconX size={16} />
        </ActionIcon>
      }
    >
      <Answer query={query}>{(record) => <Inspected record={record} />}</Answer>
    </Panel>
  );
}

function Inspected({ record }: { record: CycleRecord }) {
  const { status } = useLive();
  const budget = status?.cycle_budget_ms ?? record.latency_ms.total;
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Mark of={record.outcome} title={record.decision} />
        <Mark of={record.risk_level} />
        <Text size="sm">
          <Moment at={new Date(record.timestamp * 1_000)} form="both" />
        </Text>
      </Group>
      {record.reasons.map((reason, place) => (
        <Text size="sm" key={place}>
          {reason}
        </Text>
      ))}
      <Verdicts record={record} />
      <JointTable record={record} />
      <div>
        <Part>Time: {record.latency_ms.total.toFixed(3)} ms</Part>
        <StageBar stages={stagesOf(record)} deadline={budget} />
      </div>
      <Facts record={record} />
    </Stack>
  );
}

function Part({ children }: { children: ReactNode }) {
  return (
    <Title order={3} size="sm" mb={2}>
      {children}
    </Title>
  );
}

function Verdicts({ record }: { record: CycleRecord }) {
  if (record.guard_statuses.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No guard was asked: the cycle was refused before.
      </Text>
    );
  }
  return (
    <Table className="live-table" aria-label="What each guard said" withTableBorder>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Guard</Table.Th>
          <Table.Th w={86}>Verdict</Table.Th>
          <Table.Th>Why</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {record.guard_statuses.map((one) => (
          <Table.Tr key={`${one.layer} ${one.name}`}>
            <Table.Td>
              {one.name}{" "}
              <Text span size="xs" c="dimmed" title={LAYERS[one.layer]}>
                {one.layer}
              </Text>
            </Table.Td>
            <Table.Td>
              <Mark
                of={one.decision === "PASS" ? "pass" : one.decision === "CLAMP" ? "clamp" : "reject"}
                title={one.decision}
              />
              {one.mode === "enforce" ? null : <Text size="xs">{one.mode.replace("_", " ")}</Text>}
            </Table.Td>
            <Table.Td>
              {one.boundary === null ? "" : `${one.boundary}: `}
              {one.reason}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function JointTable({ record }: { record: CycleRecord }) {
  const { status } = useLive();
  const lines = jointLines(
    record,
    (status?.joints ?? []).map((joint) => joint.name),
  );
  if (lines.length === 0) return null;
  return (
    <Table className="live-table" aria-label="Joints" withTableBorder>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Joint</Table.Th>
          <Table.Th ta="right">Observed</Table.Th>
          <Table.Th ta="right">Asked for</Table.Th>
          <Table.Th ta="right">Sent</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lines.map((line, place) => (
          <Table.Tr key={place} fw={line.isChanged ? 650 : undefined}>
            <Table.Td>{line.name}</Table.Td>
            <Table.Td ta="right">{precise(line.observed)}</Table.Td>
            <Table.Td ta="right">{precise(line.requested)}</Table.Td>
            <Table.Td ta="right">{precise(line.executed)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function precise(value: number | null | undefined): string {
  if (value === undefined) return "–";
  return value === null ? "no number" : value.toFixed(4).replace("-", "−");
}

function Facts({ record }: { record: CycleRecord }) {
  const facts: [string, string | null | undefined][] = [
    ["Task", record.active_task],
    ["Boundaries", record.active_boundaries.join(", ")],
    ["Fallback", record.fallback ?? record.fallback_triggered],
    ["Failure", record.failure_type],
    ["Mode", record.mode],
    [
      "Gripper",
      record.requested_gripper === null ? null : `${record.requested_gripper} → ${record.executed_gripper ?? "–"}`,
    ],
    ["Cameras", record.active_cameras.join(", ")],
  ];
  return (
    <div>
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <Text size="sm" key={name}>
            <Text span size="xs" c="dimmed">
              {name}
            </Text>{" "}
            {value}
          </Text>
        ))}
      <Text size="xs" c="dimmed" mt={4}>
        Session <Code>{record.session_id}</Code>, trace <Code>{record.trace_id}</Code>, configuration{" "}
        <Code>{record.config_hash.slice(0, 12)}</Code>
      </Text>
    </div>
  );
}
