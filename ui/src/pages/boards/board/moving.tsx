import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, type RefObject, useContext, useEffect, useRef, useState } from "react";
import { answered, api, asProblem } from "~/api/client";
import { Refused } from "~/parts/permitted";
import { say, sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { AskApproval } from "../approvals/ask-approval";
import { moved, titleOf } from "../model/lanes";
import { type Snapshot, snapshot, type TaskCard, type TaskStatus } from "../model/queries";
import type { AskedFirst } from "../task/opened-task";
import { useOnBoard } from "./on-board";

type Step = { task: TaskCard; status: TaskStatus; comment?: string };
type Moving = {
  move: (task: TaskCard, status: TaskStatus) => void;
  /** The task whose card keeps the focus while it goes from lane to lane. */
  followed: RefObject<string | null>;
};

const ASKED_FIRST: Record<string, AskedFirst["asks"]> = { comment_required: "comment", approval_required: "approval" };
const NOT_ASKED = { asks: undefined, moves: undefined, to: undefined };

const MovingContext = createContext<Moving | null>(null);

/** Moves tasks, as the rules of the board let it; what a rule asks for first is asked for here. */
export function MovingTasks({ asked, children }: { asked: AskedFirst; children: ReactNode }) {
  const { boardId } = useOnBoard();
  const url = useUrl();
  const queries = useQueryClient();
  const followed = useRef<string | null>(null);
  const key = snapshot(boardId).queryKey;
  const moving = useMutation({
    mutationFn: ({ task, status, comment }: Step) =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}/tasks/{task_id}", {
          params: { path: { board_id: boardId, task_id: task.id } },
          body: { status, version: task.version, comment },
        }),
      ),
    onMutate: async ({ task, status }) => {
      await queries.cancelQueries({ queryKey: key });
      const before = queries.getQueryData<Snapshot>(key);
      if (before !== undefined) queries.setQueryData(key, moved(before, task.id, status));
      return { before };
    },
    onError: (error, step, context) => {
      if (context?.before !== undefined) queries.setQueryData(key, context.before);
      const { code } = asProblem(error);
      const asks = ASKED_FIRST[code];
      if (asks === undefined) sayProblem(error);
      else url({ asks, moves: step.task.id, to: step.status }, "opens");
    },
    onSuccess: (task) => say(`${task.title}: ${titleOf(task.status).toLowerCase()}`),
    onSettled: () => queries.invalidateQueries({ queryKey: ["boards", boardId] }),
  });
  const move = (task: TaskCard, status: TaskStatus) => {
    if (task.status !== status) moving.mutate({ task, status });
  };
  return (
    <MovingContext value={{ move, followed }}>
      {children}
      <Asking asked={asked} close={() => url(NOT_ASKED, "closes")} go={moving.mutate} />
    </MovingContext>
  );
}

export function useMoving(): Moving {
  const moving = useContext(MovingContext);
  if (moving === null) throw new Error("useMoving is for what stands on the page of a board");
  return moving;
}

type AskingProps = { asked: AskedFirst; close: () => void; go: (step: Step) => void };

/** What the URL says is asked for first, while the task is still where it was. */
function Asking({ asked: { asks, moves, to }, close, go }: AskingProps) {
  const { snapshot: board, toWrite } = useOnBoard();
  const task = board.tasks.find(({ id }) => id === moves);
  const isShown = asks !== undefined && task !== undefined && to !== undefined && task.status !== to;
  // Whoever came by keyboard goes on from the card that they would have moved.
  useEffect(() => {
    if (isShown) return () => void setTimeout(() => document.getElementById(`card-${moves}`)?.focus());
  }, [isShown, moves]);
  if (!isShown) return null;
  if (toWrite !== null) {
    return (
      <Modal opened onClose={close} title={task.title}>
        <Refused why={toWrite} />
      </Modal>
    );
  }
  if (asks === "approval") {
    const sentence = "This board wants an approval before a task is done, and none is valid for what the task is now.";
    return <AskApproval key={task.id} task={task} sentence={sentence} close={close} />;
  }
  return <CommentFirst key={task.id} task={task} to={to} close={close} go={go} />;
}

type CommentProps = { task: TaskCard; to: TaskStatus; close: () => void; go: (step: Step) => void };

function CommentFirst({ task, to, close, go }: CommentProps) {
  const [comment, setComment] = useState("");
  return (
    <Modal opened onClose={close} title={`To ${titleOf(to).toLowerCase()}: ${task.title}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close();
          go({ task, status: to, comment: comment.trim() });
        }}
      >
        <Stack gap="sm">
          <Text size="sm">This board wants a comment before review.</Text>
          <Textarea
            label="What was done"
            data-autofocus
            required
            value={comment}
            maxLength={50_000}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" disabled={comment.trim() === ""}>
              Comment and move
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
