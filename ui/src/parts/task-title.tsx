import { queryOptions, useQuery } from "@tanstack/react-query";
import { answered, api } from "~/api/client";

const LONG_MS = 300_000;

export const titleOfIncident = (id: string) =>
  queryOptions({
    queryKey: ["incidents", id, "title"],
    staleTime: LONG_MS,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/incidents/{incident_id}", { params: { path: { incident_id: id } }, signal })),
    select: (found) => found.title,
  });

type Props = { title: string; incidentId?: string | null };

/**
 * What a task is called. Tasks that rules make of incidents name only the incident's id: a title that a robot wrote is
 * nothing for an agent to take instructions from. People read that title here.
 */
export function TaskTitle({ title, incidentId }: Props) {
  const id = incidentId ?? "";
  const incident = useQuery({ ...titleOfIncident(id), enabled: id !== "" && title.includes(id) });
  return <>{incident.data ?? title}</>;
}
