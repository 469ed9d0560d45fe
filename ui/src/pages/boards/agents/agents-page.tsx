import { Box, Group, Progress, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Model } from "~/api/client";
import { figure } from "~/format/numbers";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { useUrl } from "~/parts/use-url";
import { useOnBoard } from "../board/on-board";
import { useTaskTitles } from "../incidents/use-incident-title";
import { agents, BEAT_MS } from "../model/queries";
import { AgentDrawer } from "./agent-drawer";
import { RegisterAgent } from "./register-agent";
import { type Given, TokenShown } from "./token-shown";

/** Who works on a board, whether they live, and what they have used up today. */
export function AgentsPage({ agentId, isChanging }: { agentId?: string; isChanging: boolean }) {
  const { boardId, toWrite, snapshot } = useOnBoard();
  const url = useUrl();
  const found = useShown(useInfiniteQuery({ ...agents(boardId), refetchInterval: BEAT_MS }));
  const [given, setGiven] = useState<Given | null>(null);
  const most = snapshot.board.max_agents;
  return (
    <Panel
      flush
      title={most === null ? "Agents" : `Agents, ${most} at most`}
      actions={
        <ActButton refusal={toWrite} leftSection={<IconPlus size={14} />} onAct={() => url({ agent: "" }, "opens")}>
          Register an agent
        </ActButton>
      }
    >
      <Answer query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No agents yet">
              Whatever can send a request can be an agent. Register one: you get its token and the commands to begin.
            </Empty>
          ) : (
            <AgentTable agents={items} />
          )
        }
      </Answer>
      <More of={found} />
      {agentId ? <AgentDrawer agentId={agentId} isEditing={isChanging} show={setGiven} /> : null}
      {agentId === "" ? <RegisterAgent close={() => url({ agent: undefined }, "closes")} show={setGiven} /> : null}
      {given === null ? null : <TokenShown given={given} boardId={boardId} close={() => setGiven(null)} />}
    </Panel>
  );
}

function AgentTable({ agents: all }: { agents: Model<"Agent">[] }) {
  const { snapshot } = useOnBoard();
  const titleOf = useTaskTitles(snapshot.tasks);
  const url = useUrl();
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Agent</Table.Th>
          <Table.Th>Lives</Table.Th>
          <Table.Th visibleFrom="md">Works on</Table.Th>
          <Table.Th visibleFrom="sm" w={150}>
            Requests today
          </Table.Th>
          <Table.Th visibleFrom="md" w={130}>
            Tasks today
          </Table.Th>
          <Table.Th visibleFrom="sm" w={130}>
            Cost today
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {all.map((agent) => {
          const tasks = snapshot.tasks.filter((task) => task.assigned_id === agent.id && task.status !== "done");
          return (
            <Table.Tr key={agent.id}>
              <Table.Td>
                <Group gap="xs">
                  <Text
                    component="button"
                    type="button"
                    size="sm"
                    fw={600}
                    ta="left"
                    c="var(--mantine-color-anchor)"
                    onClick={() => url({ agent: agent.id }, "opens")}
                    style={{ background: "none", border: 0, padding: 0, cursor: "pointer" }}
                  >
                    {agent.name}
                  </Text>
                  {agent.role === "lead" ? <Mark of="lead" /> : null}
                </Group>
                <Text size="xs" c="dimmed">
                  {agent.runtime}
                </Text>
              </Table.Td>
              <Table.Td>
                <Liveness agent={agent} />
              </Table.Td>
              <Table.Td visibleFrom="md">
                {tasks.length === 0 ? (
                  <Text span inherit c="dimmed">
                    nothing
                  </Text>
                ) : (
                  tasks.map((task) => (
                    <Text key={task.id} size="xs" lineClamp={1}>
                      {titleOf(task)}
                    </Text>
                  ))
                )}
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Used name="Requests" used={agent.spent.requests} most={agent.budgets.requests_per_day} />
              </Table.Td>
              <Table.Td visibleFrom="md">
                <Used name="Tasks" used={agent.spent.tasks} most={agent.budgets.tasks_per_day} />
              </Table.Td>
              <Table.Td visibleFrom="sm">
                <Used name="Cost" used={agent.spent.cost} most={agent.budgets.cost_per_day} />
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

export function Liveness({ agent }: { agent: Model<"Agent"> }) {
  return (
    <Box>
      <Group gap="xs">
        <Mark of={agent.liveness} />
        <Text size="xs">{statusOf(agent)}</Text>
      </Group>
      {agent.last_seen_at === null ? null : (
        <Text size="xs" c="dimmed">
          heard <Moment at={agent.last_seen_at} />
        </Text>
      )}
    </Box>
  );
}

/** What it says it does; of one that is not heard any more, what it said last, where that is something else. */
function statusOf({ liveness, status }: Model<"Agent">): string {
  if (liveness === "new") return "never heard of";
  if (status === liveness || (liveness !== "online" && status === "online")) return "";
  return liveness === "online" ? status : `last said: ${status}`;
}

const NEARLY = 80;

/** What was used up against what may be; amber when it is nearly all. */
export function Used({ name, used, most }: { name: string; used: number; most?: number | null }) {
  if (most === null || most === undefined) {
    return (
      <Text size="sm">
        {figure(used)}{" "}
        <Text span size="xs" c="dimmed">
          no limit
        </Text>
      </Text>
    );
  }
  const share = most === 0 ? 100 : Math.min(100, (100 * used) / most);
  return (
    <Box>
      <Text size="sm">
        {figure(used)}{" "}
        <Text span size="xs" c="dimmed">
          of {figure(most)}
        </Text>
      </Text>
      <Progress value={share} size={4} aria-label={`${name} used up`} color={share >= NEARLY ? "yellow" : undefined} />
    </Box>
  );
}
