import { Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { Failure } from "~/parts/failure";
import { FormEnd } from "~/parts/form-end";
import { useOnBoard } from "../board/on-board";
import { agentDraftOf, agentOf } from "./agent-draft";
import { AgentForm } from "./agent-form";
import type { Given } from "./token-shown";

/** Registers an agent, and hands on its token. */
export function RegisterAgent({ close, show }: { close: () => void; show: (given: Given) => void }) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => agentDraftOf());
  const making = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/agents", { body: { ...agentOf(draft), board_id: boardId, labels: {} } })),
    // Also when the form was closed meanwhile: what is shown once must not be lost.
    onSuccess: ({ name, token }) => show({ agent: name, token: token ?? "", isFirst: true }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["agents"] });
      void queries.invalidateQueries({ queryKey: ["boards", boardId] });
    },
  });
  return (
    <Modal opened onClose={close} size="lg" title="Register an agent">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate(undefined, { onSuccess: close });
        }}
      >
        <AgentForm draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
        {making.isError ? <Failure error={making.error} /> : null}
        <FormEnd cancel={close} act="Register" isPending={making.isPending} />
      </form>
    </Modal>
  );
}
