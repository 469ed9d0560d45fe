import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { FormDialog } from "~/parts/form-dialog";
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
      await navigate({ to: `/boards/${board.id}` as string, replace: true });
    },
  });
  return (
    <FormDialog title="New board" size="lg" close={close} saving={making} act="Make the board">
      <BoardForm draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
    </FormDialog>
  );
}
