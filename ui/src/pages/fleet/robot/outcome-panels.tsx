import { Table, Text } from "@mantine/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { bytes } from "~/format/numbers";
import { clock } from "~/format/time";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { robotIncidents, robotRecordings } from "../queries";

export function RobotIncidents({ robotId }: { robotId: string }) {
  return (
    <Outcomes
      title="Incidents"
      all={
        <PageLink to="/incidents" search={{ robot: robotId }} size="sm">
          All
        </PageLink>
      }
      query={useQuery(robotIncidents(robotId))}
      of={({ items }) => items}
      none="None: nothing has fired on this robot."
      row={(one) => (
        <Row key={one.id} at={one.opened_at} mark={<Mark of={one.severity} />}>
          <PageLink to="/incidents/$incidentId" params={{ incidentId: one.id }} inherit>
            {one.title}
          </PageLink>
        </Row>
      )}
    />
  );
}

export function RobotRecordings({ robotId }: { robotId: string }) {
  return (
    <Outcomes
      title="Recordings"
      all={
        <PageLink to="/recordings" search={{ robot: robotId }} size="sm">
          All
        </PageLink>
      }
      query={useQuery(robotRecordings(robotId))}
      of={({ sessions }) => sessions}
      none="None: nothing it recorded has come here."
      row={(one) => (
        <Row key={one.session_id} at={one.started_at}>
          <PageLink to="/recordings/$recordingId" params={{ recordingId: one.session_id }} inherit>
            {one.label || one.session_id}
          </PageLink>
          <Text size="xs" c="dimmed">
            {clock(one.duration_s, 1)}, {bytes(one.size_bytes)}
          </Text>
        </Row>
      )}
    />
  );
}

type Props<Data, One> = {
  title: string;
  all: ReactNode;
  query: UseQueryResult<Data>;
  of: (data: Data) => One[];
  none: string;
  row: (one: One) => ReactNode;
};

/** The latest of what came of a robot's work, and the way to all of it. */
function Outcomes<Data, One>({ title, all, query, of, none, row }: Props<Data, One>) {
  return (
    <Panel title={title} flush actions={all}>
      <Answer query={query}>
        {(data) =>
          of(data).length === 0 ? (
            <Text size="sm" c="dimmed" p="sm">
              {none}
            </Text>
          ) : (
            <Table aria-label={`Its latest ${title.toLowerCase()}`} layout="fixed">
              <Table.Tbody>{of(data).map(row)}</Table.Tbody>
            </Table>
          )
        }
      </Answer>
    </Panel>
  );
}

function Row({ at, mark, children }: { at: string | null | undefined; mark?: ReactNode; children: ReactNode }) {
  return (
    <Table.Tr>
      {mark === undefined ? null : <Table.Td w={92}>{mark}</Table.Td>}
      <Table.Td>{children}</Table.Td>
      <Table.Td w={104} ta="right">
        {at ? <Moment at={at} c="dimmed" /> : null}
      </Table.Td>
    </Table.Tr>
  );
}
