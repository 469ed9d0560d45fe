import { createFileRoute } from "@tanstack/react-router";
import { AcceptPage } from "~/pages/settings/people/accept-page";

export const Route = createFileRoute("/settings/invite")({ component: AcceptPage });
