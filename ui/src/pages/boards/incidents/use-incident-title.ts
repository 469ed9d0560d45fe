import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { titleOfIncident } from "~/parts/task-title";
import { useOnBoard } from "../board/on-board";
import type { TaskCard } from "../model/queries";
import { incidentsOfBoard } from "./queries";

type Named = Pick<TaskCard, "title" | "incident_id">;

const isNamedById = ({ title, incident_id: id }: Named) => id !== null && title.includes(id);

/** What tasks are called to people, as far as the latest incidents of the board tell; for lists of many. */
export function useTaskTitles(tasks: Named[]): (task: Named) => string {
  const { boardId } = useOnBoard();
  const latest = useInfiniteQuery({ ...incidentsOfBoard(boardId), enabled: tasks.some(isNamedById) });
  const titles = new Map(latest.data?.pages.flatMap(({ items }) => items).map((one) => [one.incident_id, one.title]));
  return (task) => (isNamedById(task) ? titles.get(task.incident_id ?? "") : undefined) ?? task.title;
}

/** What the incident is called that a rule made a task of; such a task itself names no more than its id. */
export function useIncidentTitle(task: TaskCard): string | undefined {
  const { boardId } = useOnBoard();
  const id = task.incident_id;
  const isNamed = isNamedById(task);
  const latest = useInfiniteQuery({ ...incidentsOfBoard(boardId), enabled: isNamed });
  const listed = latest.data?.pages.flatMap(({ items }) => items).find(({ incident_id }) => incident_id === id)?.title;
  // All cards share one list; only what is older than that is asked for by itself.
  const isOlder = isNamed && latest.isSuccess && listed === undefined;
  const alone = useQuery({ ...titleOfIncident(id ?? ""), enabled: isOlder });
  return isNamed ? (listed ?? alone.data) : undefined;
}
