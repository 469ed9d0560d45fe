import { NumberInput, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { FormDialog } from "~/parts/form-dialog";
import { say } from "~/parts/say";
import { useOnBoard } from "../board/on-board";
import type { TaskCard } from "../model/queries";

type Props = { task: TaskCard; sentence?: string; close: () => void };

/** Asks people to let a task be done, as it is now. */
export function AskApproval({ task, sentence, close }: Props) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [confidence, setConfidence] = useState<number | string>(80);
  const asking = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/approvals", {
          params: { path: { board_id: boardId } },
          body: {
            action_type: "task.done",
            reason: reason.trim(),
            confidence: Number(confidence),
            task_ids: [task.id],
            payload: {},
            rubric_scores: {},
            artifacts: [],
            lab_session_ids: [],
          },
        }),
      ),
    onSuccess: () => {
      say("Asked: somebody else decides it");
      close();
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["boards", boardId] });
      void queries.invalidateQueries({ queryKey: ["approvals"] });
    },
  });
  return (
    <FormDialog
      title={`Ask for an approval: ${task.title}`}
      close={close}
      saving={asking}
      act="Ask"
      isIncomplete={reason.trim() === ""}
    >
      {sentence === undefined ? null : <Text size="sm">{sentence}</Text>}
      <Text size="sm" c="dimmed">
        It is bound to the task as it is now: when the task changes or goes back, the approval is void.
      </Text>
      <Textarea
        label="Why it can be done"
        required
        data-autofocus
        maxLength={50_000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <NumberInput label="How sure you are" suffix=" %" min={0} max={100} value={confidence} onChange={setConfidence} />
    </FormDialog>
  );
}
