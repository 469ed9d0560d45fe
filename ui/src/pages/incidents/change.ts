import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, asProblem, type Model } from "~/api/client";
import { sayProblem } from "~/parts/say";
import { type Incident, incident } from "./queries";
import { differences } from "./steps";

type Wanted = Omit<Model<"IncidentChange">, "version">;

/** What happened to a change that somebody else was faster than. */
export type Conflict = { wanted: Wanted; others: string[] };

/** Changes an incident as it was seen: whoever loses against somebody else is shown what that one did. */
export function useChange(seen: Incident) {
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const change = useMutation({
    mutationFn: ({ wanted, version = seen.version }: { wanted: Wanted; version?: number }) =>
      answered(
        api.PATCH("/api/v1/incidents/{incident_id}", {
          params: { path: { incident_id: seen.id } },
          body: { ...wanted, version },
        }),
      ),
    onMutate: () => setConflict(null),
    onSuccess: async (now) => {
      queries.setQueryData(incident(seen.id).queryKey, now);
      await queries.invalidateQueries({ queryKey: ["incidents"] });
    },
    onError: async (error, { wanted }) => {
      if (asProblem(error).code !== "incident_changed") {
        sayProblem(error);
        return;
      }
      const now = await queries.fetchQuery({ ...incident(seen.id), staleTime: 0 });
      setConflict({ wanted, others: differences(seen, now) });
    },
  });
  return { change, conflict, forget: () => setConflict(null) };
}
