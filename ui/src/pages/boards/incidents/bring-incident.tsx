import { Group, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { ActButton } from "~/parts/act-button";
import { say, sayProblem } from "~/parts/say";
import { useOnBoard } from "../board/on-board";

/** Has this board work on an incident: it becomes a task, and the agents here see it. */
export function BringIncident() {
  const { boardId, toWrite } = useOnBoard();
  const queries = useQueryClient();
  const [incidentId, setIncidentId] = useState("");
  const bringing = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/boards/{board_id}/incidents", {
          params: { path: { board_id: boardId } },
          body: { incident_id: incidentId.trim() },
        }),
      ),
    onSuccess: ({ title }) => {
      setIncidentId("");
      say(`${title}: it is a task now`);
    },
    onError: sayProblem,
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["incidents"] });
      void queries.invalidateQueries({ queryKey: ["boards", boardId] });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (toWrite === null && incidentId.trim() !== "") bringing.mutate();
      }}
    >
      <Group gap={6} wrap="nowrap">
        <TextInput
          aria-label="Id of an incident"
          placeholder="inc_…"
          w={150}
          maxLength={100}
          value={incidentId}
          onChange={(event) => setIncidentId(event.currentTarget.value)}
        />
        <ActButton type="submit" variant="default" refusal={toWrite} loading={bringing.isPending}>
          Work on it
        </ActButton>
      </Group>
    </form>
  );
}
