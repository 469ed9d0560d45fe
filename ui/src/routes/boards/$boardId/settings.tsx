import { createFileRoute } from "@tanstack/react-router";
import { BoardSettingsPage } from "~/pages/boards/settings/board-settings-page";

export const Route = createFileRoute("/boards/$boardId/settings")({ component: BoardSettingsPage });
