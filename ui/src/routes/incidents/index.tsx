import { createFileRoute } from "@tanstack/react-router";
import { flag } from "~/app/search";
import { IncidentsPage } from "~/pages/incidents/incidents-page";
import { type IncidentSearch, incidentSearch } from "~/pages/incidents/search";

export const Route = createFileRoute("/incidents/")({
  validateSearch: (search): IncidentSearch & { report?: true } => ({
    ...incidentSearch(search),
    report: flag(search.report),
  }),
  component: function Incidents() {
    return <IncidentsPage search={Route.useSearch()} />;
  },
});
