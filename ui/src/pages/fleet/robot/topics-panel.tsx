import { Table, Text } from "@mantine/core";
import { count, figure, plural } from "~/format/numbers";
import { span } from "~/format/time";
import { Mark } from "~/parts/marks";
import { Panel } from "~/parts/panel";
import { isQuiet, lostOf, type Robot, type TopicHealth, topicsOf } from "../robots";

function lossOf({ dropped, too_large, missed }: TopicHealth): string | undefined {
  const kinds = [
    dropped ? `${count(dropped)} left the buffer too early` : "",
    too_large ? `${count(too_large)} were too large for it: raise max_bytes` : "",
    missed ? `${count(missed)} were sent and never arrived` : "",
  ];
  return kinds.filter((one) => one !== "").join(", ") || undefined;
}

/** Whether the messages of each topic really arrive, by the last heartbeat. */
export function TopicsPanel({ robot }: { robot: Robot }) {
  const topics = Object.entries(robot.heartbeat?.topics ?? {}).sort(
    ([one, health], [other, otherHealth]) =>
      Number(isQuiet(otherHealth)) - Number(isQuiet(health)) || one.localeCompare(other),
  );
  const { quiet } = topicsOf(robot);
  return (
    <Panel title={`Topics${quiet === 0 ? "" : `: ${plural(quiet, "is quiet", "are quiet")}`}`} flush>
      {topics.length === 0 ? (
        <Text size="sm" c="dimmed" p="sm">
          Its heartbeat names no topic: its recorder listens to nothing, or nothing has been said yet.
        </Text>
      ) : (
        <Table aria-label="Topics" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Topic</Table.Th>
              <Table.Th ta="right" w={84}>
                Rate, Hz
              </Table.Th>
              <Table.Th ta="right" w={128} title="Of its last message, when the robot sent its last heartbeat">
                Age
              </Table.Th>
              <Table.Th ta="right" w={84} visibleFrom="sm">
                Dropped
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {topics.map(([topic, health]) => (
              <Table.Tr key={topic}>
                <Table.Td>{topic}</Table.Td>
                <Table.Td ta="right">{figure(health.rate_hz, 3)}</Table.Td>
                <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                  {health.last_age_s === null || health.last_age_s === undefined ? "never" : span(health.last_age_s)}{" "}
                  {isQuiet(health) ? <Mark of="stale" title="No message for ten of its periods" /> : null}
                </Table.Td>
                <Table.Td ta="right" visibleFrom="sm" title={lossOf(health)}>
                  {count(lostOf(health))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  );
}
