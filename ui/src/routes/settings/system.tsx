import { createFileRoute } from "@tanstack/react-router";
import { SystemPage } from "~/pages/settings/system-page";

export const Route = createFileRoute("/settings/system")({ component: SystemPage });
