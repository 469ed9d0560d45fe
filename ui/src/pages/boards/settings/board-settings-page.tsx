import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { doer } from "~/format/doers";
import { Confirm } from "~/parts/confirm";
import { Failure } from "~/parts/failure";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { useOnBoard } from "../board/on-board";
import { boardChangeOf, boardDraftOf } from "./board-draft";
import { BoardForm } from "./board-form";

/** The rules of a board: for everybody to read, for admins to change. */
export function BoardSettingsPage() {
  const { snapshot, boardId, toArrange } = useOnBoard();
  const { board } = snapshot;
  const queries = useQueryClient();
  const [begun, setBegun] = useState(board);
  const [draft, setDraft] = useState(() => boardDraftOf(board));
  const change = boardChangeOf(draft, begun);
  const isChanged = Object.keys(change).length > 0;
  const saving = useMutation({
    mutationFn: () =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}", {
          params: { path: { board_id: boardId } },
          body: { ...change, version: begun.version },
        }),
      ),
    onSuccess: (saved) => {
      setBegun(saved);
      setDraft(boardDraftOf(saved));
      say("The rules are changed");
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["boards"] }),
  });
  const readAgain = () => {
    setBegun(board);
    setDraft(boardDraftOf(board));
    saving.reset();
  };
  const isOld = board.version > begun.version;
  return (
    <Stack maw={720}>
      {toArrange === null ? null : <Alert color="gray">{toArrange}</Alert>}
      {isOld && !saving.isPending ? (
        <Alert color="yellow" title="Somebody changed the board meanwhile">
          <Button variant="default" onClick={readAgain}>
            Show it as it is now
          </Button>
        </Alert>
      ) : null}
      <Panel title="The board and its rules">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (isChanged) saving.mutate();
          }}
        >
          <BoardForm draft={draft} isFixed={toArrange !== null} change={(one) => setDraft({ ...draft, ...one })} />
          {saving.isError ? <Failure error={saving.error} /> : null}
          <Group justify="space-between" mt="md">
            <Text size="xs" c="dimmed">
              made by {doer(board.created_by)} <Moment at={board.created_at} /> · version {board.version}
            </Text>
            {toArrange === null ? (
              <Button type="submit" disabled={!isChanged} loading={saving.isPending}>
                Save
              </Button>
            ) : null}
          </Group>
        </form>
      </Panel>
      {toArrange === null ? <Removal /> : null}
    </Stack>
  );
}

function Removal() {
  const { snapshot, boardId } = useOnBoard();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/boards/{board_id}", { params: { path: { board_id: boardId } } })),
    onSuccess: async () => {
      await navigate({ to: "/boards" });
      queries.removeQueries({ queryKey: ["boards", boardId] });
      void queries.invalidateQueries({ queryKey: ["boards"] });
      say(`Deleted ${snapshot.board.name}`);
    },
    onError: sayProblem,
  });
  return (
    <Panel title="Delete the board">
      <Group justify="space-between">
        <Text size="sm">With its tasks, once it has no agents. What happened on it stays in the activity.</Text>
        <Confirm
          question={`Delete ${snapshot.board.name} and its ${snapshot.tasks.length} tasks?`}
          consequence="This cannot be taken back."
          onConfirm={() => removing.mutate()}
        >
          Delete
        </Confirm>
      </Group>
    </Panel>
  );
}
