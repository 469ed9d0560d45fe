import { createFileRoute } from "@tanstack/react-router";
import { BoardsPage } from "~/pages/boards/boards-page";

export const Route = createFileRoute("/boards/")({ component: BoardsPage });
