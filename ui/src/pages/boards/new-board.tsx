import { Button, Group, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { Failure } from "~/parts/failure";
import { type BoardDraft, boardDraftOf, newBoardOf } from "./settings/board-draft";
import { BoardForm } from "./settings/board-form";

/** A new board with its rules; it is opened when it is made. */
export function NewBoard({ close }: { close: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<BoardDraft>(() => boardDraftOf());
  const making = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/boards", { body: newBoardOf(draft) })),
    onSuccess: async (board) => {
      void queries.invalidateQueries({ queryKey: ["boards"] });
      close();
      await navigate({ to: `/boards/${board.id}` as string });
    },
  });
  return (
    <Modal opened onClose={close} title="New board" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        <BoardForm draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
        {making.isError ? <Failure error={making.error} /> : null}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={making.isPending}>
            Make the board
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
