import { Badge, Group, Stack, Table, Text } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { ActButton, ActIcon } from "../act-button";
import { useOnBoard } from "../board/on-board";
import { MOST } from "../model/queries";
import { TaskLink } from "../task/task-link";
import { BringIncident } from "./bring-incident";
import { incidentsOfBoard } from "./queries";
import { RuleForm } from "./rule-form";
import { fitting } from "./rule-words";

/** Which incidents become tasks of this board, and those it works on. */
export function IncidentRulesPage() {
  return (
    <Stack>
      <Rules />
      <Incidents />
    </Stack>
  );
}

function Rules() {
  const { boardId, toWrite } = useOnBoard();
  const [editing, setEditing] = useState<Model<"Rule"> | "new" | null>(null);
  const rules = useQuery({
    queryKey: ["boards", boardId, "incident-rules"],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/incident-rules", {
          params: { path: { board_id: boardId }, query: { limit: MOST } },
          signal,
        }),
      ),
  });
  return (
    <Panel
      flush
      title="Incidents that become tasks"
      actions={
        <ActButton
          variant="default"
          refusal={toWrite}
          leftSection={<IconPlus size={14} />}
          onAct={() => setEditing("new")}
        >
          New rule
        </ActButton>
      }
    >
      <Answer query={rules}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No rules yet">With a rule, incidents that fit it become tasks here by themselves.</Empty>
          ) : (
            <Table>
              <Table.Tbody>
                {items.map((rule) => (
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
                    <Table.Td>
                      {rule.priority === null ? (
                        <Text size="xs">priority by severity</Text>
                      ) : (
                        <Mark of={rule.priority} title="Priority of the tasks" />
                      )}
                    </Table.Td>
                    <Table.Td ta="right">
                      <ActIcon label={`Edit ${rule.name}`} refusal={toWrite} onAct={() => setEditing(rule)}>
                        <IconPencil size={14} />
                      </ActIcon>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      {editing === null ? null : (
        <RuleForm rule={editing === "new" ? undefined : editing} close={() => setEditing(null)} />
      )}
    </Panel>
  );
}

function Incidents() {
  const { boardId } = useOnBoard();
  const found = useQuery(incidentsOfBoard(boardId));
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
    </Panel>
  );
}
