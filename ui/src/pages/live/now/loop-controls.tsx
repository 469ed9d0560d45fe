import { Alert, Code, Group, Select, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type Refusal, useTend } from "~/api/rights";
import { ActButton } from "~/parts/act-button";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { sayProblem } from "~/parts/say";
import { useFeed, useLive } from "../feed/feed-context";
import type { LoopStatus } from "../feed/messages";
import { type Command, command } from "../guard-requests";

const COMMANDS: { what: Exclude<Command, "start">; title: string; does: string }[] = [
  { what: "pause", title: "Pause", does: "Pauses after the current cycle" },
  { what: "resume", title: "Resume", does: "Goes on; the first command is judged against where the robot is" },
  { what: "stop", title: "Stop", does: "Ends the session after the current cycle. This is not the emergency stop" },
  { what: "reset", title: "Reset", does: "Back to idle, from stopped or from an emergency; it can be started then" },
];

/** Start, pause, resume, stop and reset: those that the guard's state takes now. */
export function LoopControls({ robotId, task }: { robotId: string; task: string | undefined }) {
  const feed = useFeed();
  const { status, relayMode } = useLive();
  const navigate = useNavigate({ from: "/robots/$robotId/live" });
  const asking = useMutation({
    mutationFn: ({ what, query }: { what: Command; query?: Record<string, string> }) => command(robotId, what, query),
    onSuccess: (answer: LoopStatus) => feed.know(answer),
    onError: sayProblem,
  });
  const tasks = status?.available_tasks ?? [];
  const chosen = task !== undefined && tasks.includes(task) ? task : (tasks[0] ?? "default");
  const isClosed = relayMode !== null && relayMode !== "control";
  const refusal = useTend();
  // Held, not disabled: whoever has pressed one by keyboard stays there, and goes on to the next.
  const held = (what: Command): Refusal => {
    if (status === null) return "The guard has not said yet what it does";
    if (isClosed) return "This robot lets the hub watch and stop it, and nothing else";
    if (refusal !== null) return refusal;
    if (asking.isPending) return "The guard is being asked";
    return status.possible.includes(what) ? null : `Not while it is ${status.state}`;
  };
  return (
    <Panel>
      <Group gap="xs" align="end">
        <Select
          aria-label="Task to start"
          leftSection={
            <Text span size="xs">
              task
            </Text>
          }
          leftSectionWidth={40}
          data={tasks.length === 0 ? ["default"] : tasks}
          value={chosen}
          onChange={(chosen) => void navigate({ search: { task: chosen ?? undefined }, replace: true })}
          disabled={held("start") !== null}
          allowDeselect={false}
          w={180}
        />
        <ActButton refusal={held("start")} onAct={() => asking.mutate({ what: "start", query: { task_name: chosen } })}>
          Start
        </ActButton>
        {COMMANDS.map(({ what, title, does }) => (
          <ActButton
            key={what}
            variant="default"
            hint={does}
            refusal={held(what)}
            onAct={() => asking.mutate({ what })}
          >
            {title}
          </ActButton>
        ))}
      </Group>
      {isClosed ? (
        <Text size="sm" mt="xs">
          This robot lets the hub watch and stop it, and nothing else. <Code>relay: control</Code> in its recorder's
          settings lets the hub start it and change its boundaries.
        </Text>
      ) : null}
      {refusal === null || isClosed ? null : (
        <Text size="sm" mt="xs">
          {refusal} You may watch it, and stop it by the button below.
        </Text>
      )}
      {status?.emergency ? <Emergency emergency={status.emergency} /> : null}
    </Panel>
  );
}

function Emergency({ emergency }: { emergency: NonNullable<LoopStatus["emergency"]> }) {
  const isTaken = emergency.sinks_told && emergency.problems.length === 0;
  return (
    <Alert
      mt="sm"
      color="red"
      variant={isTaken ? "light" : "filled"}
      bg={isTaken ? undefined : "#8f0505"}
      title={isTaken ? "Emergency stop in effect" : "Emergency stop latched, and not taken by everything"}
      role={isTaken ? "status" : "alert"}
    >
      <Text size="sm">
        Since <Moment at={new Date(emergency.timestamp * 1_000)} form="both" />, by {emergency.source}:{" "}
        {emergency.reason}
      </Text>
      {emergency.problems.map((problem) => (
        <Text size="sm" fw={600} key={problem}>
          {problem}
        </Text>
      ))}
    </Alert>
  );
}
