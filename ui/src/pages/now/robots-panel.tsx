import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { count } from "~/format/numbers";
import { RobotLink } from "~/pages/incidents/goal-link";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { quietRobots } from "./queries";
import { Quiet } from "./quiet";

/** Robots that should have been heard of by now. */
export function RobotsPanel() {
  const query = useQuery(quietRobots);
  return (
    <Panel
      title="Robots not heard of"
      flush
      actions={
        <PageLink to="/fleet" size="sm">
          Fleet
        </PageLink>
      }
    >
      <Answer query={query}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Quiet isFlush>None: every robot sends its heartbeats.</Quiet>
          ) : (
            <Table>
              <Table.Tbody>
                {items.map((robot) => (
                  <Table.Tr key={robot.robot_id}>
                    <Table.Td>
                      <RobotLink id={robot.robot_id} />
                    </Table.Td>
                    <Table.Td w={80}>
                      <Mark of={robot.health ?? "silent"} />
                    </Table.Td>
                    <Table.Td ta="right">
                      {robot.last_seen_at === null || robot.last_seen_at === undefined ? (
                        "never"
                      ) : (
                        <Moment at={robot.last_seen_at} />
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
                {total > items.length ? (
                  <Table.Tr>
                    <Table.Td colSpan={3} c="dimmed">
                      and {count(total - items.length)} more
                    </Table.Td>
                  </Table.Tr>
                ) : null}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
    </Panel>
  );
}
