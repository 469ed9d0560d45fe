import { useQuery } from "@tanstack/react-query";
import { useOnBoard } from "../board/on-board";
import type { TaskCard } from "../model/queries";
import { incidentsOfBoard } from "./queries";

/** What the incident is called that a rule made a task of; such a task itself names no more than its id. */
export function useIncidentTitle({ title, incident_id: id }: TaskCard): string | undefined {
  const { boardId } = useOnBoard();
  const isNamedById = id !== null && title.includes(id);
  const found = useQuery({ ...incidentsOfBoard(boardId), enabled: isNamedById });
  return isNamedById ? found.data?.items.find(({ incident_id }) => incident_id === id)?.title : undefined;
}
