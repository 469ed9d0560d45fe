import { Button, Group, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { Failure } from "~/parts/failure";
import { FormEnd } from "~/parts/form-end";
import { useOnBoard } from "../board/on-board";
import { agentDraftOf, agentOf } from "./agent-draft";
import { AgentForm } from "./agent-form";
import { TokenShown } from "./token-shown";

/** Registers an agent, and shows its token. */
export function RegisterAgent({ close }: { close: () => void }) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => agentDraftOf());
  const making = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/agents", { body: { ...agentOf(draft), board_id: boardId, labels: {} } })),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["agents"] });
      void queries.invalidateQueries({ queryKey: ["boards", boardId] });
    },
  });
  const made = making.data;
  const isMade = made !== undefined;
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={isMade ? `${made.name} is registered` : "Register an agent"}
      closeOnClickOutside={!isMade}
      closeOnEscape={!isMade}
      withCloseButton={!isMade}
    >
      {isMade ? (
        <>
          <TokenShown token={made.token ?? ""} name={made.name} boardId={boardId} />
          <Group justify="flex-end" mt="md">
            <Button onClick={close}>I have copied it</Button>
          </Group>
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            making.mutate();
          }}
        >
          <AgentForm draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
          {making.isError ? <Failure error={making.error} /> : null}
          <FormEnd cancel={close} act="Register" isPending={making.isPending} />
        </form>
      )}
    </Modal>
  );
}
