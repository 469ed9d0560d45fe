import { Group, Select } from "@mantine/core";
import { IconPencil, IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { ActButton } from "~/parts/act-button";
import { Confirm } from "~/parts/confirm";
import { say, sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { useMoving } from "../board/moving";
import { useOnBoard } from "../board/on-board";
import { LANES } from "../model/lanes";
import type { Task, TaskStatus } from "../model/queries";
import { NO_TASK } from "./opened-task";
import { useHolding } from "./use-holding";

/** What can be done with a task; what may not says why. */
export function TaskActions({ task }: { task: Task }) {
  const { toWrite, me } = useOnBoard();
  const { move } = useMoving();
  const { claim, release } = useHolding(task);
  const url = useUrl();
  const isMine = task.assigned_id !== null && task.assigned_id === me?.user_id;
  return (
    <Group gap="xs">
      <Select
        aria-label="Status"
        w={130}
        allowDeselect={false}
        disabled={toWrite !== null}
        title={toWrite ?? undefined}
        value={task.status}
        onChange={(status) => status !== null && move(task, status as TaskStatus)}
        data={LANES.map(({ status, title }) => ({ value: status, label: title }))}
      />
      {task.status === "inbox" || task.assigned_id === null ? (
        <ActButton refusal={toWrite} loading={claim.isPending} onAct={() => claim.mutate()}>
          Claim
        </ActButton>
      ) : null}
      {task.assigned_id !== null && task.status !== "done" ? (
        <ActButton variant="default" refusal={toWrite} loading={release.isPending} onAct={() => release.mutate()}>
          {isMine ? "Give it back" : "Release"}
        </ActButton>
      ) : null}
      <ActButton
        variant="default"
        refusal={toWrite ?? (task.pending_approval_id === null ? null : "An approval of this task is pending already.")}
        leftSection={<IconShieldCheck size={14} />}
        onAct={() => url({ act: "ask" }, "opens")}
      >
        Ask for approval
      </ActButton>
      <ActButton
        variant="default"
        refusal={toWrite}
        leftSection={<IconPencil size={14} />}
        onAct={() => url({ act: "edit" }, "opens")}
      >
        Edit
      </ActButton>
      {toWrite === null ? <Delete task={task} /> : null}
    </Group>
  );
}

function Delete({ task }: { task: Task }) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const url = useUrl();
  const removing = useMutation({
    mutationFn: () =>
      answered(
        api.DELETE("/api/v1/boards/{board_id}/tasks/{task_id}", {
          params: { path: { board_id: boardId, task_id: task.id } },
        }),
      ),
    onSuccess: () => {
      say(`Deleted ${task.title}`);
      url(NO_TASK);
      void queries.invalidateQueries({ queryKey: ["boards", boardId] });
    },
    onError: sayProblem,
  });
  return (
    <Confirm
      variant="subtle"
      px={8}
      question={`Delete “${task.title}”?`}
      consequence="Its history stays in the activity; what waited for it waits no more."
      onConfirm={() => removing.mutate()}
    >
      Delete
    </Confirm>
  );
}
