import { createFileRoute } from "@tanstack/react-router";
import { idOrNew } from "~/app/search";
import { IncidentRulesPage } from "~/pages/boards/incidents/incident-rules-page";

export const Route = createFileRoute("/boards/$boardId/incidents")({
  validateSearch: (search): { rule?: string } => ({ rule: idOrNew(search.rule) }),
  component: function Incidents() {
    return <IncidentRulesPage edit={Route.useSearch().rule} />;
  },
});
