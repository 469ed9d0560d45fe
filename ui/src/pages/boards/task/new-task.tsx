import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { FormDialog } from "~/parts/form-dialog";
import { useUrl } from "~/parts/use-url";
import { useOnBoard } from "../board/on-board";
import { type Draft, draftOf, newTaskOf } from "../model/draft";
import { TaskForm } from "./task-form";

/** A new task; it begins in the inbox, and is opened when it is made. */
export function NewTask({ close }: { close: () => void }) {
  const { snapshot, boardId } = useOnBoard();
  const queries = useQueryClient();
  const url = useUrl();
  const [draft, setDraft] = useState<Draft>(() => draftOf(snapshot.custom_fields));
  const making = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/tasks", {
          params: { path: { board_id: boardId } },
          body: newTaskOf(draft, snapshot.custom_fields),
        }),
      ),
    onSuccess: (task) => {
      void queries.invalidateQueries({ queryKey: ["boards", boardId] });
      url({ make: undefined, task: task.id });
    },
  });
  return (
    <FormDialog title="New task" size="lg" close={close} saving={making} act="Make the task">
      <TaskForm draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
    </FormDialog>
  );
}
