import { createFileRoute } from "@tanstack/react-router";
import { LabPage } from "~/pages/lab/lab-page";

export const Route = createFileRoute("/lab/")({ component: LabPage });
