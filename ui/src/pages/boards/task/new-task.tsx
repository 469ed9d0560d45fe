import { Button, Group, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { Failure } from "~/parts/failure";
import { useOnBoard } from "../board/on-board";
import { type Draft, draftOf, newTaskOf } from "../model/draft";
import { useUrl } from "../use-url";
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
      close();
      url({ task: task.id }, "opens");
    },
  });
  return (
    <Modal opened onClose={close} title="New task" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        <TaskForm draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
        {making.isError ? <Failure error={making.error} /> : null}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={making.isPending}>
            Make the task
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
