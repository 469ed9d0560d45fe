import { Box, Code, Drawer, Group, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { doer } from "~/format/doers";
import { figure } from "~/format/numbers";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Confirm } from "~/parts/confirm";
import { Failure } from "~/parts/failure";
import { FormEnd } from "~/parts/form-end";
import { Moment } from "~/parts/moment";
import { say, sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { useOnBoard } from "../board/on-board";
import { agent as oneAgent, usage } from "../model/queries";
import { TaskLink } from "../task/task-link";
import { agentDraftOf, agentOf } from "./agent-draft";
import { AgentForm } from "./agent-form";
import { Liveness, Used } from "./agents-page";
import type { Given } from "./token-shown";

type Props = { agentId: string; isEditing: boolean; show: (given: Given) => void };

/** One agent: who it is, what it works on, what it used up, and its token. */
export function AgentDrawer({ agentId, isEditing, show }: Props) {
  const url = useUrl();
  const found = useQuery(oneAgent(agentId));
  return (
    <Drawer
      opened
      onClose={() => url({ agent: undefined, change: undefined }, "closes")}
      position="right"
      size={560}
      title={found.data === undefined ? "Agent" : `${found.data.name}, ${found.data.role}`}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ "aria-label": "Close the agent" }}
    >
      <Answer query={found}>
        {(agent) =>
          isEditing ? (
            <EditAgent agent={agent} close={() => url({ change: undefined }, "closes")} />
          ) : (
            <About agent={agent} show={show} />
          )
        }
      </Answer>
    </Drawer>
  );
}

type Of = { agent: Model<"Agent">; show: (given: Given) => void };

function About({ agent, show }: Of) {
  const { snapshot } = useOnBoard();
  const url = useUrl();
  const tasks = snapshot.tasks.filter((task) => task.assigned_id === agent.id);
  return (
    <Stack gap="md">
      <Liveness agent={agent} />
      <Acts agent={agent} edit={() => url({ change: true }, "opens")} show={show} />
      {agent.identity === "" ? null : (
        <Box fz="sm" style={{ whiteSpace: "pre-wrap" }}>
          {agent.identity}
        </Box>
      )}
      <Text size="xs" c="dimmed" component="div">
        <Code>{agent.id}</Code> · {agent.runtime || "any runtime"} · heartbeat every{" "}
        {figure(agent.heartbeat_interval_s)} s · registered by {doer(agent.created_by)} <Moment at={agent.created_at} />
        {agent.spawned_by === null ? "" : " · made by a lead"}
        {Object.entries(agent.labels).map(([name, value]) => ` · ${name}: ${value}`)}
      </Text>
      <Box>
        <Text size="sm" fw={600}>
          Tasks
        </Text>
        {tasks.length === 0 ? <Text size="sm">It has none.</Text> : null}
        {tasks.map((task) => (
          <div key={task.id}>
            <TaskLink taskId={task.id} title={task.title} />
          </div>
        ))}
      </Box>
      <Spent agent={agent} />
    </Stack>
  );
}

function Spent({ agent }: { agent: Model<"Agent"> }) {
  const used = useQuery(usage(agent.id));
  return (
    <Answer query={used}>
      {({ spent, budgets, days }) => (
        <Box>
          <Text size="sm" fw={600} mb={4}>
            Today, until <Moment at={spent.resets_at} form="absolute" />
          </Text>
          <Group grow align="flex-start" mb="sm">
            <Box>
              <Text size="xs">Requests</Text>
              <Used name="Requests" used={spent.requests} most={budgets.requests_per_day} />
            </Box>
            <Box>
              <Text size="xs">Tasks</Text>
              <Used name="Tasks" used={spent.tasks} most={budgets.tasks_per_day} />
            </Box>
            <Box>
              <Text size="xs">Cost</Text>
              <Used name="Cost" used={spent.cost} most={budgets.cost_per_day} />
            </Box>
          </Group>
          {days.length === 0 ? null : (
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Day</Table.Th>
                  <Table.Th ta="right">Requests</Table.Th>
                  <Table.Th ta="right">Tasks</Table.Th>
                  <Table.Th ta="right">Cost</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {days.map((day) => (
                  <Table.Tr key={day.day}>
                    <Table.Td>{day.day}</Table.Td>
                    <Table.Td ta="right">{figure(day.requests)}</Table.Td>
                    <Table.Td ta="right">{figure(day.tasks)}</Table.Td>
                    <Table.Td ta="right">{figure(day.cost)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Box>
      )}
    </Answer>
  );
}

function useAgentChanged() {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["agents"] });
    void queries.invalidateQueries({ queryKey: ["boards", boardId] });
  };
}

function Acts({ agent, edit, show }: Of & { edit: () => void }) {
  const { toWrite } = useOnBoard();
  const url = useUrl();
  const onSettled = useAgentChanged();
  const params = { path: { agent_id: agent.id } };
  const replacing = useMutation({
    mutationFn: (end_previous: boolean) =>
      answered(api.POST("/api/v1/agents/{agent_id}/token", { params, body: { end_previous } })),
    // Also when the drawer was closed meanwhile: what is shown once must not be lost.
    onSuccess: ({ token, previous_until }) =>
      show({ agent: agent.name, token, isFirst: false, previousUntil: previous_until }),
    onError: sayProblem,
    onSettled,
  });
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/agents/{agent_id}", { params })),
    onSuccess: () => {
      say(`Removed ${agent.name}`);
      url({ agent: undefined });
    },
    onError: sayProblem,
    onSettled,
  });
  return (
    <Group gap="xs">
      <ActButton variant="default" refusal={toWrite} onAct={edit}>
        Edit
      </ActButton>
      <ActButton
        variant="default"
        refusal={toWrite}
        loading={replacing.isPending}
        onAct={() => replacing.mutate(false)}
      >
        New token
      </ActButton>
      {toWrite === null ? (
        <>
          <Confirm
            question="End the present token now?"
            consequence={`For a token that has leaked. ${agent.name} can do nothing until it has the new one.`}
            onConfirm={() => replacing.mutate(true)}
          >
            It has leaked
          </Confirm>
          <Confirm
            question={`Remove ${agent.name}?`}
            consequence="Its token opens nothing any more, the tasks it has are free again. What it did stays in the history."
            onConfirm={() => removing.mutate()}
          >
            Remove
          </Confirm>
        </>
      ) : null}
    </Group>
  );
}

function EditAgent({ agent, close }: { agent: Model<"Agent">; close: () => void }) {
  const onSettled = useAgentChanged();
  const [begun] = useState(agent);
  const [draft, setDraft] = useState(() => agentDraftOf(agent));
  const saving = useMutation({
    mutationFn: () =>
      answered(
        api.PATCH("/api/v1/agents/{agent_id}", {
          params: { path: { agent_id: agent.id } },
          body: { ...agentOf(draft), version: begun.version },
        }),
      ),
    onSuccess: close,
    onSettled,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <AgentForm draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
      {saving.isError ? <Failure error={saving.error} /> : null}
      <FormEnd cancel={close} act="Save" isPending={saving.isPending} />
    </form>
  );
}
