import { createFileRoute } from "@tanstack/react-router";
import { IncidentsPage } from "~/pages/incidents/incidents-page";
import { incidentListSearch } from "~/pages/incidents/search";

export const Route = createFileRoute("/incidents/")({
  validateSearch: incidentListSearch,
  component: function Incidents() {
    return <IncidentsPage search={Route.useSearch()} />;
  },
});
