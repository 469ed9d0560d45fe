import { Badge, Group, Text, Tooltip } from "@mantine/core";
import { IconLink, IconLock, IconMessage, IconShieldCheck } from "@tabler/icons-react";
import { Link, useSearch } from "@tanstack/react-router";
import { type DragEvent, type KeyboardEvent, useEffect, useRef } from "react";
import { Mark } from "~/parts/marks";
import { Moment, useNow } from "~/parts/moment";
import { useIncidentTitle } from "../incidents/use-incident-title";
import { beside, neighbour } from "../model/lanes";
import { leaseLeft } from "../model/lease";
import type { TaskCard as Card, TaskStatus } from "../model/queries";
import { TagBadge } from "../tag-badge";
import { Who } from "../who";
import classes from "./kanban.module.css";
import { DRAGGED } from "./lane";
import { useMoving } from "./moving";
import { useOnBoard } from "./on-board";
import { TaskMenu } from "./task-menu";

const KEYS = "Enter opens it; Shift with ← or → moves it; arrows go from card to card";

/** A task as it lies in its lane: to open, to drag, to move by keyboard or menu. */
export function TaskCard({ task, lanes }: { task: Card; lanes: Map<TaskStatus, Card[]> }) {
  const { toWrite } = useOnBoard();
  const { move, followed } = useMoving();
  const link = useRef<HTMLAnchorElement>(null);
  // In another lane it is another element: who moved it by keyboard would lose it.
  useEffect(() => {
    if (followed.current === task.id) link.current?.focus();
  }, [task.id, followed]);
  const incident = useIncidentTitle(task);
  const isOpened = useSearch({ strict: false, select: (search) => search.task === task.id });
  const press = (event: KeyboardEvent<HTMLAnchorElement>) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : null;
    if (event.shiftKey && step !== null) {
      event.preventDefault();
      const status = beside(task.status, step);
      if (status === undefined || toWrite !== null) return;
      followed.current = task.id;
      move(task, status);
      return;
    }
    followed.current = null;
    const next = neighbour(lanes, task.id, event.key);
    if (next === undefined) return;
    event.preventDefault();
    document.getElementById(`card-${next.id}`)?.focus();
  };
  return (
    <article
      className={classes.card}
      data-task={task.id}
      data-opened={isOpened || undefined}
      draggable={toWrite === null}
      onDragStart={(event: DragEvent) => {
        event.dataTransfer.setData(DRAGGED, task.id);
        event.dataTransfer.effectAllowed = "move";
      }}
    >
      <Group justify="space-between" align="flex-start" gap={4} wrap="nowrap">
        <Tooltip label={KEYS} multiline maw={260} openDelay={1_200}>
          <Link
            id={`card-${task.id}`}
            to="."
            search={((old: Record<string, unknown>) => ({ ...old, task: task.id })) as never}
            resetScroll={false}
            className={classes.title}
            draggable={false}
            onKeyDown={press}
            onBlur={(event) => {
              if (event.relatedTarget !== null) followed.current = null;
            }}
            ref={link}
          >
            {incident ?? task.title}
          </Link>
        </Tooltip>
        <TaskMenu task={task} title={incident ?? task.title} />
      </Group>
      <Facts task={task} />
      <Holder task={task} />
    </article>
  );
}

function Facts({ task }: { task: Card }) {
  const hasAny =
    task.priority !== "medium" ||
    task.blocked ||
    task.tags.length + task.comment_count > 0 ||
    task.pending_approval_id !== null ||
    task.incident_id !== null ||
    (task.due_at !== null && task.status !== "done");
  if (!hasAny) return null;
  return (
    <Group gap={5} mt={6}>
      {task.priority === "medium" ? null : <Mark of={task.priority} title="Priority" />}
      {task.blocked ? (
        <Badge color="yellow" leftSection={<IconLock size={11} />} tt="none">
          waits for {task.blocked_by.length}
        </Badge>
      ) : null}
      {task.pending_approval_id === null ? null : (
        <Badge color="yellow" leftSection={<IconShieldCheck size={11} />} tt="none">
          approval waits
        </Badge>
      )}
      {task.tags.map((tag) => (
        <TagBadge key={tag.id} tag={tag} />
      ))}
      {task.incident_id === null ? null : (
        <Text span size="xs" c="dimmed" title={`About incident ${task.incident_id}`}>
          <IconLink size={12} style={{ verticalAlign: "-2px" }} aria-label="about an incident" />
        </Text>
      )}
      {task.comment_count === 0 ? null : (
        <Text span size="xs" c="dimmed" title="Comments">
          <IconMessage size={12} style={{ verticalAlign: "-2px" }} aria-label="comments" /> {task.comment_count}
        </Text>
      )}
      {task.due_at === null || task.status === "done" ? null : (
        <Text span size="xs" c="dimmed">
          due <Moment at={task.due_at} />
        </Text>
      )}
    </Group>
  );
}

function Holder({ task }: { task: Card }) {
  const lease = leaseLeft(task.lease_until, useNow());
  if (task.assigned_name === null || task.assigned_kind === null) return null;
  return (
    <Group justify="space-between" mt={6} gap={6} wrap="nowrap">
      <Text span size="xs" miw={0}>
        <Who kind={task.assigned_kind} name={task.assigned_name} />
      </Text>
      {lease === null ? null : (
        <Tooltip label="Unless the agent is heard of again, the task is free then" multiline maw={240}>
          <Text span size="xs" c={lease.isSoon ? undefined : "dimmed"} fw={lease.isSoon ? 600 : undefined}>
            {lease.text}
          </Text>
        </Tooltip>
      )}
    </Group>
  );
}
