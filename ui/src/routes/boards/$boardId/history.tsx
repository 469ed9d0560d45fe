import { createFileRoute } from "@tanstack/react-router";
import { BoardHistoryPage } from "~/pages/boards/board/history-page";

export const Route = createFileRoute("/boards/$boardId/history")({ component: BoardHistoryPage });
