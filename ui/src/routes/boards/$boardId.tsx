import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { BoardLayout } from "~/pages/boards/board/board-layout";
import { STATUSES } from "~/pages/boards/model/lanes";
import type { AskedFirst, OpenedTask } from "~/pages/boards/task/opened-task";

export const Route = createFileRoute("/boards/$boardId")({
  validateSearch: (search): OpenedTask & AskedFirst => ({
    task: text(search.task),
    show: oneOf(search.show, ["history"]),
    act: oneOf(search.act, ["edit", "ask"]),
    comment: text(search.comment),
    asks: oneOf(search.asks, ["comment", "approval"]),
    moves: text(search.moves),
    to: oneOf(search.to, STATUSES),
  }),
  component: function Board() {
    const { boardId } = Route.useParams();
    const { asks, moves, to, ...opened } = Route.useSearch();
    return <BoardLayout boardId={boardId} opened={opened} asked={{ asks, moves, to }} />;
  },
});
