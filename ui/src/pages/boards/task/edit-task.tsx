import { Alert, Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { answered, api } from "~/api/client";
import { Failure } from "~/parts/failure";
import { FormEnd } from "~/parts/form-end";
import { useOnBoard } from "../board/on-board";
import { changeOf, type Draft, draftOf } from "../model/draft";
import type { Task } from "../model/queries";
import { TaskForm } from "./task-form";

/** Edits a task as it was when this began: what somebody else changes meanwhile is said, and nothing is overwritten. */
export function EditTask({ task, close }: { task: Task; close: () => void }) {
  const { boardId, snapshot } = useOnBoard();
  const queries = useQueryClient();
  const [begun, setBegun] = useState(task);
  const [draft, setDraft] = useState<Draft>(() => draftOf(snapshot.custom_fields, task));
  const change = changeOf(draft, begun, snapshot.custom_fields);
  const saving = useMutation({
    mutationFn: () =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}/tasks/{task_id}", {
          params: { path: { board_id: boardId, task_id: task.id } },
          body: { ...change, version: begun.version },
        }),
      ),
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: ["boards", boardId] }),
  });
  const takeNewer = () => {
    setDraft({ ...draftOf(snapshot.custom_fields, task), ...kept(draft, begun, snapshot.custom_fields) });
    setBegun(task);
    saving.reset();
  };
  const form = useRef<HTMLFormElement>(null);
  // It takes the place of the button that asked for it, and its focus.
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        if (Object.keys(change).length === 0) close();
        else saving.mutate();
      }}
    >
      {task.version === begun.version ? null : (
        <Alert color="yellow" mb="sm" title="It was changed meanwhile">
          <Button variant="default" onClick={takeNewer}>
            Take the newer one, keep what I changed
          </Button>
        </Alert>
      )}
      <TaskForm draft={draft} change={(one) => setDraft({ ...draft, ...one })} />
      {saving.isError ? <Failure error={saving.error} /> : null}
      <FormEnd cancel={close} act="Save" isPending={saving.isPending} />
    </form>
  );
}

function kept(draft: Draft, begun: Task, fields: Parameters<typeof draftOf>[0]): Partial<Draft> {
  const before = draftOf(fields, begun);
  const entries = Object.entries(draft).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Draft]),
  );
  return Object.fromEntries(entries) as Partial<Draft>;
}
