import { Badge, Box, Group, Select, Text, Title } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { ActIcon } from "~/parts/act-button";
import { Mark } from "~/parts/marks";
import { sayProblem } from "~/parts/say";
import { useOnBoard } from "../board/on-board";
import { useTaskTitles } from "../incidents/use-incident-title";
import type { Task, TaskCard } from "../model/queries";
import { TaskLink } from "./task-link";

/** What a task waits for, and what waits for it. */
export function Dependencies({ task }: { task: Task }) {
  const { snapshot, toWrite, boardId } = useOnBoard();
  const queries = useQueryClient();
  const others = snapshot.tasks.filter((one) => one.id !== task.id);
  const known = new Map<string, TaskCard>(others.map((one) => [one.id, one]));
  const titleOf = useTaskTitles(others);
  const named = (id: string) => titleOf(known.get(id) ?? { title: id, incident_id: null });
  const waiting = others.filter((one) => one.depends_on_ids.includes(task.id));
  const saving = useMutation({
    mutationFn: (depends_on_ids: string[]) =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}/tasks/{task_id}", {
          params: { path: { board_id: boardId, task_id: task.id } },
          body: { depends_on_ids, version: task.version },
        }),
      ),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["boards", boardId] }),
  });
  const choices = others.filter((one) => !task.depends_on_ids.includes(one.id));
  return (
    <Box component="section" aria-label="Dependencies">
      <Group gap="xs" mb={4}>
        <Title order={3} size="h3">
          Waits for
        </Title>
        {task.blocked ? (
          <Badge color="yellow" tt="none">
            {task.blocked_by.length} not done
          </Badge>
        ) : null}
      </Group>
      {task.depends_on_ids.map((id) => (
        <Group key={id} gap="xs" wrap="nowrap">
          <TaskLink taskId={id} title={named(id)} />
          <Mark of={known.get(id)?.status ?? (task.blocked_by.includes(id) ? "open" : "done")} />
          <ActIcon
            label={`Wait no more for ${named(id)}`}
            size="sm"
            refusal={toWrite}
            onAct={() => saving.mutate(task.depends_on_ids.filter((one) => one !== id))}
          >
            <IconX size={13} />
          </ActIcon>
        </Group>
      ))}
      {choices.length === 0 ? null : (
        <Select
          aria-label="Add a task to wait for"
          placeholder={task.depends_on_ids.length === 0 ? "Nothing. Add a task to wait for" : "Add another"}
          mt={4}
          maw={360}
          searchable
          limit={50}
          disabled={toWrite !== null}
          readOnly={saving.isPending}
          title={toWrite ?? undefined}
          value={null}
          data={choices.map((one) => ({ value: one.id, label: titleOf(one) }))}
          onChange={(id) => id !== null && saving.mutate([...task.depends_on_ids, id])}
        />
      )}
      {waiting.length === 0 ? null : (
        <Text size="sm" mt="xs" component="div">
          For it {waiting.length === 1 ? "waits" : "wait"}{" "}
          {waiting.map((one, at) => (
            <span key={one.id}>
              {at === 0 ? "" : ", "}
              <TaskLink taskId={one.id} title={titleOf(one)} />
            </span>
          ))}
        </Text>
      )}
    </Box>
  );
}
