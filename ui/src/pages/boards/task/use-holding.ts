import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { say, sayProblem } from "~/parts/say";
import { useOnBoard } from "../board/on-board";
import type { TaskCard } from "../model/queries";

/** Claiming a task, and giving it back. */
export function useHolding(task: Pick<TaskCard, "id" | "title">) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const params = { path: { board_id: boardId, task_id: task.id } };
  const onSettled = () => queries.invalidateQueries({ queryKey: ["boards", boardId] });
  const claim = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/boards/{board_id}/tasks/{task_id}/claim", { params })),
    onSuccess: () => say(`${task.title}: yours`),
    onError: sayProblem,
    onSettled,
  });
  const release = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/boards/{board_id}/tasks/{task_id}/release", { params })),
    onSuccess: () => say(`${task.title}: free for others`),
    onError: sayProblem,
    onSettled,
  });
  return { claim, release };
}
