import { Box, Drawer, Group, SegmentedControl, Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Answer } from "~/parts/answer";
import { Mark } from "~/parts/marks";
import { TaskTitle } from "~/parts/task-title";
import { Told } from "~/parts/told";
import { useUrl } from "~/parts/use-url";
import { AskApproval } from "../approvals/ask-approval";
import { HistoryList } from "../board/history-list";
import { useOnBoard } from "../board/on-board";
import { task as oneTask, type Task } from "../model/queries";
import { Comments } from "./comments";
import { Dependencies } from "./dependencies";
import { EditTask } from "./edit-task";
import { NO_TASK, type OpenedTask } from "./opened-task";
import { TaskActions } from "./task-actions";
import { TaskFacts } from "./task-facts";
import { TaskLinks } from "./task-links";

/** A task over whatever page of its board: what it is, who has it, what was said and what happened. */
export function TaskDrawer({ taskId, opened }: { taskId: string; opened: OpenedTask }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const found = useQuery(oneTask(boardId, taskId));
  const close = () => url(NO_TASK, "closes");
  // Whoever came by keyboard goes on from the card that was opened.
  useEffect(() => () => void setTimeout(() => document.getElementById(`card-${taskId}`)?.focus()), [taskId]);
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size={640}
      title={found.data === undefined ? "Task" : <Heading task={found.data} />}
      closeButtonProps={{ "aria-label": "Close the task" }}
      transitionProps={{ duration: 0 }}
    >
      <Answer query={found}>{(task) => <Body key={task.id} task={task} opened={opened} />}</Answer>
    </Drawer>
  );
}

function Heading({ task }: { task: Task }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Title order={2} size="h2" component="span">
        <TaskTitle title={task.title} incidentId={task.incident_id} />
      </Title>
      <Mark of={task.status} />
    </Group>
  );
}

function Body({ task, opened: { show, act, comment } }: { task: Task; opened: OpenedTask }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const close = () => url({ act: undefined }, "closes");
  if (act === "edit") return <EditTask task={task} close={close} />;
  return (
    <Stack gap="md">
      <TaskActions task={task} />
      {act === "ask" ? <AskApproval task={task} close={close} /> : null}
      <TaskFacts task={task} />
      {task.description === "" ? null : (
        <Box fz="sm" style={{ whiteSpace: "pre-wrap" }} data-part="description">
          <Told text={task.description} />
        </Box>
      )}
      <Dependencies task={task} />
      <TaskLinks task={task} />
      <SegmentedControl
        aria-label="What is shown below"
        value={show ?? "comments"}
        onChange={(value) => url({ show: value === "history" ? value : undefined })}
        data={[
          { value: "comments", label: `Comments (${task.comment_count})` },
          { value: "history", label: "History" },
        ]}
      />
      {show === "history" ? (
        <HistoryList boardId={boardId} subjectId={task.id} />
      ) : (
        <Comments task={task} editedId={comment} />
      )}
    </Stack>
  );
}
