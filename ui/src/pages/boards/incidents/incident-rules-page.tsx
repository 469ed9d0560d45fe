import { Badge, Group, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { useUrl } from "~/parts/use-url";
import { Arranged, EditIcon } from "../arranged";
import { useOnBoard } from "../board/on-board";
import { TaskLink } from "../task/task-link";
import { BringIncident } from "./bring-incident";
import { incidentsOfBoard, rulesOfBoard } from "./queries";
import { RuleForm } from "./rule-form";
import { fitting } from "./rule-words";

/** Which incidents become tasks of this board, and those it works on; `edit` is the rule that is changed. */
export function IncidentRulesPage({ edit }: { edit?: string }) {
  return (
    <Stack>
      <Rules edit={edit} />
      <Incidents />
    </Stack>
  );
}

function Rules({ edit }: { edit?: string }) {
  const { boardId, toWrite } = useOnBoard();
  const url = useUrl();
  const rules = useShown(useInfiniteQuery(rulesOfBoard(boardId)), "rules");
  const close = () => url({ rule: undefined }, "closes");
  return (
    <Arranged
      title="Incidents that become tasks"
      what="rule"
      query={rules}
      refusal={toWrite}
      add={() => url({ rule: "" }, "opens")}
      none={{ title: "No rules yet", says: "With a rule, incidents that fit it become tasks here by themselves." }}
      row={(rule) => (
        <Table.Tr key={rule.id}>
          <Table.Td>
            <Group gap="xs">
              <Text size="sm" fw={600}>
                {rule.name}
              </Text>
              {rule.enabled ? null : <Mark of="off" />}
            </Group>
            <Text size="xs" c="dimmed">
              {fitting(rule)}
            </Text>
          </Table.Td>
          <Table.Td w={{ base: 110, sm: 160 }}>
            {rule.priority === null ? (
              <Text size="xs">priority by severity</Text>
            ) : (
              <Mark of={rule.priority} title="Priority of the tasks" />
            )}
          </Table.Td>
          <Table.Td ta="right" w={56}>
            <EditIcon label={`Edit ${rule.name}`} refusal={toWrite} onAct={() => url({ rule: rule.id }, "opens")} />
          </Table.Td>
        </Table.Tr>
      )}
    >
      {(items) => {
        if (edit === "") return <RuleForm close={close} />;
        return items
          .filter(({ id }) => id === edit)
          .map((rule) => <RuleForm key={rule.id} rule={rule} close={close} />);
      }}
    </Arranged>
  );
}

function Incidents() {
  const { boardId } = useOnBoard();
  const found = useShown(useInfiniteQuery(incidentsOfBoard(boardId)), "incidents");
  return (
    <Panel flush title="Incidents this board works on" actions={<BringIncident />}>
      <Answer query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No incidents here">A rule brings them, or you do: agents of the board see them then.</Empty>
          ) : (
            <Table highlightOnHover>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.incident_id}>
                    <Table.Td>
                      <PageLink to={`/incidents/${encodeURIComponent(one.incident_id)}` as string} size="sm">
                        {one.title}
                      </PageLink>
                      <Text size="xs" c="dimmed">
                        {one.robot_id === null ? "" : `${one.robot_id} · `}
                        {one.linked_by} <Moment at={one.linked_at} />
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <Group gap={6}>
                        <Mark of={one.severity} />
                        <Mark of={one.state} />
                      </Group>
                    </Table.Td>
                    <Table.Td>
                      {one.task_id === null ? (
                        <Badge color="gray" tt="none">
                          task deleted
                        </Badge>
                      ) : (
                        <TaskLink taskId={one.task_id} title="Its task" />
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      <More of={found} />
    </Panel>
  );
}
