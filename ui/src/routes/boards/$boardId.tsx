import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { BoardLayout } from "~/pages/boards/board/board-layout";

export const Route = createFileRoute("/boards/$boardId")({
  validateSearch: (search): { task?: string; show?: "history" } => ({
    task: text(search.task),
    show: oneOf(search.show, ["history"]),
  }),
  component: function Board() {
    const { task, show } = Route.useSearch();
    return <BoardLayout boardId={Route.useParams().boardId} taskId={task} show={show} />;
  },
});
