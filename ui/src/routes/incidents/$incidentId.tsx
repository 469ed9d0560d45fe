import { createFileRoute } from "@tanstack/react-router";
import { IncidentPage } from "~/pages/incidents/incident-page";
import { incidentView } from "~/pages/incidents/search";

export const Route = createFileRoute("/incidents/$incidentId")({
  validateSearch: incidentView,
  component: function Incident() {
    const { incidentId } = Route.useParams();
    return <IncidentPage key={incidentId} id={incidentId} view={Route.useSearch()} />;
  },
});
