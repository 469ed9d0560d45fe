import { createFileRoute } from "@tanstack/react-router";
import { MePage } from "~/pages/settings/me-page";

export const Route = createFileRoute("/settings/")({ component: MePage });
