import { createFileRoute } from "@tanstack/react-router";
import { IncidentsPage } from "~/pages/incidents/incidents-page";

export const Route = createFileRoute("/incidents/")({ component: IncidentsPage });
