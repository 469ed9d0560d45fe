import { createFileRoute } from "@tanstack/react-router";
import { EnrolPage } from "~/pages/fleet/enrol/enrol-page";

export const Route = createFileRoute("/fleet/enrol")({ component: EnrolPage });
