import { createFileRoute } from "@tanstack/react-router";
import { SandboxPage } from "~/pages/lab/sandbox-page";

export const Route = createFileRoute("/lab/sandbox")({ component: SandboxPage });
