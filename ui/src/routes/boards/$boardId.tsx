import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { BoardLayout } from "~/pages/boards/board/board-layout";
import type { OpenedTask } from "~/pages/boards/task/opened-task";

export const Route = createFileRoute("/boards/$boardId")({
  validateSearch: (search): OpenedTask => ({
    task: text(search.task),
    show: oneOf(search.show, ["history"]),
    act: oneOf(search.act, ["edit", "ask"]),
    comment: text(search.comment),
  }),
  component: function Board() {
    const { boardId } = Route.useParams();
    return <BoardLayout boardId={boardId} opened={Route.useSearch()} />;
  },
});
