import { createFileRoute } from "@tanstack/react-router";
import { FleetPage } from "~/pages/fleet/fleet-page";

export const Route = createFileRoute("/fleet/")({ component: FleetPage });
