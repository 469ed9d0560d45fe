import { useQuery } from "@tanstack/react-query";
import { useOnBoard } from "../board/on-board";
import { members } from "../model/queries";

/** Who can be given a task: the agents of the board and the members of the organization. */
export function useAssignees(): { value: string; label: string }[] {
  const { snapshot } = useOnBoard();
  const people = useQuery(members(snapshot.board.organization_id)).data?.items ?? [];
  return [
    ...snapshot.agents.map((agent) => ({ value: agent.id, label: `${agent.name} (agent)` })),
    ...people.map((one) => ({ value: one.user_id, label: one.name })),
  ];
}
