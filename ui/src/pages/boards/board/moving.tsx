import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, type RefObject, useContext, useRef, useState } from "react";
import { answered, api, asProblem } from "~/api/client";
import { say, sayProblem } from "~/parts/say";
import { AskApproval } from "../approvals/ask-approval";
import { moved, titleOf } from "../model/lanes";
import { type Snapshot, snapshot, type TaskCard, type TaskStatus } from "../model/queries";
import { useOnBoard } from "./on-board";

type Step = { task: TaskCard; status: TaskStatus; comment?: string };
type Asked = { step: Step; sentence: string };
type Moving = {
  move: (task: TaskCard, status: TaskStatus) => void;
  /** The task whose card keeps the focus while it goes from lane to lane. */
  followed: RefObject<string | null>;
};

const MovingContext = createContext<Moving | null>(null);

/** Moves tasks, as the rules of the board let it; what a rule asks for first is asked for here. */
export function MovingTasks({ children }: { children: ReactNode }) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const followed = useRef<string | null>(null);
  const [wantsComment, setWantsComment] = useState<Asked | null>(null);
  const [wantsApproval, setWantsApproval] = useState<Asked | null>(null);
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
      const { code, detail } = asProblem(error);
      if (code === "comment_required") setWantsComment({ step, sentence: detail });
      else if (code === "approval_required") setWantsApproval({ step, sentence: detail });
      else sayProblem(error);
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
      {wantsComment === null ? null : (
        <CommentFirst
          asked={wantsComment}
          close={() => setWantsComment(null)}
          go={(comment) => moving.mutate({ ...wantsComment.step, comment })}
        />
      )}
      {wantsApproval === null ? null : (
        <AskApproval
          task={wantsApproval.step.task}
          sentence={wantsApproval.sentence}
          close={() => setWantsApproval(null)}
        />
      )}
    </MovingContext>
  );
}

export function useMoving(): Moving {
  const moving = useContext(MovingContext);
  if (moving === null) throw new Error("useMoving is for what stands on the page of a board");
  return moving;
}

function CommentFirst({ asked, close, go }: { asked: Asked; close: () => void; go: (comment: string) => void }) {
  const [comment, setComment] = useState("");
  return (
    <Modal opened onClose={close} title={`To ${titleOf(asked.step.status).toLowerCase()}: ${asked.step.task.title}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close();
          go(comment.trim());
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{asked.sentence}</Text>
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
