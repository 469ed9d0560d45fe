import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { type DragEvent, useId, useState } from "react";
import { count } from "~/format/numbers";
import { useUrl } from "~/parts/use-url";
import type { TaskCard as Card, TaskStatus } from "../model/queries";
import classes from "./kanban.module.css";
import { useMoving } from "./moving";
import { useOnBoard } from "./on-board";
import { TaskCard } from "./task-card";

// A browser draws so many cards at once without a pause.
const AT_FIRST = 60;
export const DRAGGED = "application/x-pilothouse-task";

type Props = {
  status: TaskStatus;
  title: string;
  tasks: Card[];
  lanes: Map<TaskStatus, Card[]>;
  whole: TaskStatus[];
};

/** One lane: where tasks are dropped. What cannot go there the hub says, in the words of the rule. */
export function Lane({ status, title, tasks, lanes, whole }: Props) {
  const { snapshot, toWrite } = useOnBoard();
  const { move } = useMoving();
  const [isOver, setIsOver] = useState(false);
  const url = useUrl();
  const shown = whole.includes(status) ? tasks : tasks.slice(0, AT_FIRST);
  const id = useId();
  const isDragged = (event: DragEvent) => toWrite === null && event.dataTransfer.types.includes(DRAGGED);
  const drop = (event: DragEvent) => {
    setIsOver(false);
    const task = snapshot.tasks.find((one) => one.id === event.dataTransfer.getData(DRAGGED));
    if (task === undefined) return;
    event.preventDefault();
    move(task, status);
  };
  return (
    <section
      className={classes.lane}
      aria-labelledby={id}
      data-lane={status}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        if (!isDragged(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "move";
        setIsOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setIsOver(false);
      }}
      onDrop={drop}
    >
      <Group justify="space-between" mb={8} px={2}>
        <Title order={2} size="h3" id={id}>
          {title}
        </Title>
        <Text size="xs" fw={600}>
          {count(tasks.length)}
        </Text>
      </Group>
      <Stack gap={6}>
        {shown.map((task) => (
          <TaskCard key={task.id} task={task} lanes={lanes} />
        ))}
        {tasks.length > shown.length ? (
          <Button variant="default" onClick={() => url({ whole: [...whole, status] })}>
            Show all {count(tasks.length)}
          </Button>
        ) : null}
      </Stack>
    </section>
  );
}
