import { createFileRoute } from "@tanstack/react-router";
import { IncidentRulesPage } from "~/pages/boards/incidents/incident-rules-page";

export const Route = createFileRoute("/boards/$boardId/incidents")({ component: IncidentRulesPage });
