import { Table, Text } from "@mantine/core";
import { count } from "~/format/numbers";
import { relative } from "~/format/time";
import { Mark } from "~/parts/marks";
import { Panel } from "~/parts/panel";
import { useLive } from "../feed/feed-context";
import type { Tally } from "../feed/live-state";

export const LAYERS: Record<string, string> = {
  L0: "Out of distribution",
  L1: "Motion",
  L2: "Task",
  L3: "Hardware",
};

/** Every guard by its layer: its verdict now, and the latest that was no pass. */
export function Guards() {
  const { guards, cycle } = useLive();
  const tallies = [...guards.values()].sort(
    (one, other) =>
      one.status.layer.localeCompare(other.status.layer) || one.status.name.localeCompare(other.status.name),
  );
  const now = new Date();
  return (
    <Panel title="Guards" flush>
      {tallies.length === 0 ? (
        <Text size="sm" c="dimmed" p="sm">
          They are listed with the first cycle.
        </Text>
      ) : (
        <Table className="live-table" aria-label="Guards by layer" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Guard</Table.Th>
              <Table.Th w={70}>Now</Table.Th>
              <Table.Th ta="right" w={72}>
                Clamps
              </Table.Th>
              <Table.Th ta="right" w={74}>
                Rejects
              </Table.Th>
              <Table.Th ta="right" w={58} visibleFrom="xs">
                ms
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tallies.map((tally) => (
              <Row
                key={`${tally.status.layer} ${tally.status.name}`}
                {...{ tally, now }}
                ms={cycle?.perf?.guards[tally.status.name]}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  );
}

function Row({ tally, now, ms }: { tally: Tally; now: Date; ms: number | undefined }) {
  const { status, last } = tally;
  const ago = last === null ? "" : relative(last.at, now);
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td>
        <Text size="sm">
          {status.name}{" "}
          <Text span size="xs" c="dimmed" title={LAYERS[status.layer]}>
            {status.layer}
            {status.mode === "enforce" ? "" : `, ${status.mode.replace("_", " ")}`}
          </Text>
        </Text>
        <Text size="xs" c="dimmed" truncate title={last?.status.reason} h={18}>
          {last === null
            ? "nothing yet"
            : `${ago}: ${last.status.boundary ?? last.status.decision.toLowerCase()}, ${last.status.reason}`}
        </Text>
      </Table.Td>
      <Table.Td>
        <Mark of={status.decision === "PASS" ? "pass" : status.decision === "CLAMP" ? "clamp" : "reject"} />
      </Table.Td>
      <Table.Td ta="right">{count(tally.clamps)}</Table.Td>
      <Table.Td ta="right">{count(tally.rejects)}</Table.Td>
      <Table.Td ta="right" visibleFrom="xs">
        {ms === undefined ? "–" : ms.toFixed(3)}
      </Table.Td>
    </Table.Tr>
  );
}
