import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { titleOfIncident } from "~/parts/task-title";
import { useOnBoard } from "../board/on-board";
import type { TaskCard } from "../model/queries";
import { incidentsOfBoard } from "./queries";

/** What the incident is called that a rule made a task of; such a task itself names no more than its id. */
export function useIncidentTitle({ title, incident_id: id }: TaskCard): string | undefined {
  const { boardId } = useOnBoard();
  const isNamedById = id !== null && title.includes(id);
  const latest = useInfiniteQuery({ ...incidentsOfBoard(boardId), enabled: isNamedById });
  const listed = latest.data?.pages.flatMap(({ items }) => items).find(({ incident_id }) => incident_id === id)?.title;
  // All cards share one list; only what is older than that is asked for by itself.
  const isOlder = isNamedById && latest.isSuccess && listed === undefined;
  const alone = useQuery({ ...titleOfIncident(id ?? ""), enabled: isOlder });
  return isNamedById ? (listed ?? alone.data) : undefined;
}
