import { Group, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { bytes } from "~/format/numbers";
import { span } from "~/format/time";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { robotIncidents, robotRecordings } from "../queries";

export function RobotIncidents({ robotId }: { robotId: string }) {
  const query = useQuery(robotIncidents(robotId));
  return (
    <Panel
      title="Incidents"
      flush
      actions={
        <PageLink to="/incidents" search={{ robot: robotId }} size="sm">
          All
        </PageLink>
      }
    >
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Quiet>None: nothing has fired on this robot.</Quiet>
          ) : (
            <Table aria-label="Its latest incidents" layout="fixed">
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.id}>
                    <Table.Td w={78}>
                      <Mark of={one.severity} />
                    </Table.Td>
                    <Table.Td>
                      <PageLink to="/incidents/$incidentId" params={{ incidentId: one.id }} inherit>
                        {one.title}
                      </PageLink>
                    </Table.Td>
                    <Table.Td w={104} ta="right">
                      <Moment at={one.opened_at} c="dimmed" />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
    </Panel>
  );
}

export function RobotRecordings({ robotId }: { robotId: string }) {
  const query = useQuery(robotRecordings(robotId));
  return (
    <Panel
      title="Recordings"
      flush
      actions={
        <PageLink to="/recordings" search={{ robot: robotId }} size="sm">
          All
        </PageLink>
      }
    >
      <Answer query={query}>
        {({ sessions }) =>
          sessions.length === 0 ? (
            <Quiet>None: nothing it recorded has come here.</Quiet>
          ) : (
            <Table aria-label="Its latest recordings" layout="fixed">
              <Table.Tbody>
                {sessions.map((one) => (
                  <Table.Tr key={one.session_id}>
                    <Table.Td>
                      <PageLink to="/recordings/$recordingId" params={{ recordingId: one.session_id }} inherit>
                        {one.label || one.session_id}
                      </PageLink>
                      <Group gap={6}>
                        <Text size="xs" c="dimmed">
                          {span(one.duration_s)}, {bytes(one.size_bytes)}
                        </Text>
                      </Group>
                    </Table.Td>
                    <Table.Td w={104} ta="right">
                      {one.started_at ? <Moment at={one.started_at} c="dimmed" /> : null}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
    </Panel>
  );
}

function Quiet({ children }: { children: string }) {
  return (
    <Text size="sm" c="dimmed" p="sm">
      {children}
    </Text>
  );
}
