import { Alert, Button, Group, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, asProblem } from "~/api/client";
import type { Refusal } from "~/api/rights";
import { useWhoAmI } from "~/api/session";
import { ActButton } from "~/parts/act-button";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import type { Approval } from "../model/queries";
import { isMine, toDecide } from "../model/rights";

type Props = {
  approval: Approval;
  board: { can_write: boolean; allow_deciding_own_requests: boolean };
  toWrite: Refusal;
};

/** Decides about what is shown above and nothing else: its digest goes with the decision. */
export function Decide({ approval, board, toWrite }: Props) {
  const me = useWhoAmI();
  const queries = useQueryClient();
  const [seen, setSeen] = useState(approval);
  const [note, setNote] = useState("");
  const refusal = toDecide(approval, board, me);
  const params = { path: { board_id: approval.board_id, approval_id: approval.id } };
  const onSettled = () => {
    for (const area of ["approvals", "boards", "incidents"]) void queries.invalidateQueries({ queryKey: [area] });
  };
  const deciding = useMutation({
    mutationFn: (status: "approved" | "rejected") =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}/approvals/{approval_id}", {
          params,
          body: { status, note, version: seen.version, digest: seen.digest },
        }),
      ),
    onSuccess: (one) => say(one.status === "approved" ? "Approved" : "Rejected"),
    onError: (error) => {
      if (asProblem(error).status !== 409) sayProblem(error);
    },
    onSettled,
  });
  const withdrawing = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/boards/{board_id}/approvals/{approval_id}/withdraw", { params })),
    onSuccess: () => say("Taken back"),
    onError: sayProblem,
    onSettled,
  });
  const readAgain = () => {
    setSeen(approval);
    deciding.reset();
  };
  const problem = deciding.isError ? asProblem(deciding.error) : null;
  if (approval.status !== "pending") {
    if (problem?.status !== 409) return null;
    return (
      <Alert color="yellow" title="Your decision was not taken" role="alert">
        {problem.detail} What is shown above is how it is now.
      </Alert>
    );
  }
  const isOwn = isMine({ kind: approval.requested_by_kind, id: approval.requested_by_id }, me);
  return (
    <Panel title="Decide">
      {problem?.status === 409 ? (
        <Alert color="yellow" mb="sm" title="Your decision was not taken" role="alert">
          {problem.detail} What is shown above is how it is now.
          <Button variant="default" ml="sm" onClick={readAgain}>
            I have read it
          </Button>
        </Alert>
      ) : null}
      <Textarea
        label="Note"
        description="Whoever asked reads it; it is kept with the decision"
        maxLength={50_000}
        disabled={refusal !== null}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {refusal === null ? null : (
        <Alert color="gray" mt="sm" py={6}>
          {refusal}
        </Alert>
      )}
      <Group mt="sm">
        <ActButton refusal={refusal} loading={deciding.isPending} onAct={() => deciding.mutate("approved")}>
          Approve
        </ActButton>
        <ActButton
          variant="default"
          refusal={refusal}
          loading={deciding.isPending}
          onAct={() => deciding.mutate("rejected")}
        >
          Reject
        </ActButton>
        {isOwn ? (
          <ActButton
            variant="subtle"
            refusal={toWrite}
            loading={withdrawing.isPending}
            onAct={() => withdrawing.mutate()}
          >
            Take my request back
          </ActButton>
        ) : null}
      </Group>
    </Panel>
  );
}
