import { createFileRoute } from "@tanstack/react-router";
import { NowPage } from "~/pages/now/now-page";

export const Route = createFileRoute("/")({ component: NowPage });
