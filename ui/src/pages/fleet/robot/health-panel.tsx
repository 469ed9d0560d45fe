import { SimpleGrid, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { bytes, count, figure } from "~/format/numbers";
import { span } from "~/format/time";
import { Answer } from "~/parts/answer";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { robotHealth } from "../queries";
import { LITTLE_DISK_BYTES, type Robot } from "../robots";
import { Fact } from "./fact";
import { HourBars } from "./hour-bars";

/** How a robot is, by its last heartbeat, and how it was. */
export function HealthPanel({ robot }: { robot: Robot }) {
  const { heartbeat } = robot;
  const query = useQuery(robotHealth(robot.robot_id));
  const disk = heartbeat?.disk_free_bytes;
  return (
    <Panel title="Health">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" verticalSpacing={2} mb="sm">
        <Fact name="Last heartbeat">
          {robot.last_seen_at ? <Moment at={robot.last_seen_at} form="both" /> : "none yet"}
        </Fact>
        <Fact name="Every">{robot.interval_s ? span(robot.interval_s) : "not said"}</Fact>
        <Fact name="Outbox">
          {heartbeat?.outbox_depth === null || heartbeat?.outbox_depth === undefined
            ? "not said"
            : `${count(heartbeat.outbox_depth)} waiting${heartbeat.outbox_bytes ? `, ${bytes(heartbeat.outbox_bytes)}` : ""}`}
        </Fact>
        <Fact name="Disk free">
          {disk === null || disk === undefined ? "not said" : bytes(disk)}{" "}
          {disk !== null && disk !== undefined && disk < LITTLE_DISK_BYTES ? <Mark of="warning" /> : null}
        </Fact>
        <Fact name="Buffer">
          {heartbeat?.buffer_bytes === null || heartbeat?.buffer_bytes === undefined
            ? "not said"
            : `${bytes(heartbeat.buffer_bytes)}, ${count(heartbeat.buffer_size ?? 0)} messages`}
        </Fact>
        <Fact name="Its clock">{skew(robot.clock_skew_s)}</Fact>
      </SimpleGrid>
      <Answer query={query}>{(health) => <History health={health} />}</Answer>
    </Panel>
  );
}

function skew(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "not known";
  if (Math.abs(seconds) < 0.5) return "as the hub's";
  return `${figure(Math.abs(seconds), 3)} s ${seconds > 0 ? "ahead" : "behind"}`;
}

function History({ health }: { health: Model<"RobotHealth"> }) {
  return (
    <>
      {health.silent_at && health.health !== "silent" ? (
        <Text size="xs" c="dimmed">
          Without another heartbeat it is silent <Moment at={health.silent_at} />.
        </Text>
      ) : null}
      <HourBars hours={health.hours} intervalS={health.interval_s ?? null} />
      {health.changes.length === 0 ? (
        <Text size="sm" c="dimmed">
          Its health has not changed since it was first heard.
        </Text>
      ) : (
        <Table aria-label="Changes of its health">
          <Table.Tbody>
            {health.changes.map((change) => (
              <Table.Tr key={change.changed_at}>
                <Table.Td w={90}>
                  <Mark of={change.health} />
                </Table.Td>
                <Table.Td>
                  <Moment at={change.changed_at} form="both" />
                  {change.previous ? (
                    <Text span size="xs" c="dimmed">
                      , {change.previous} before
                    </Text>
                  ) : null}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}
