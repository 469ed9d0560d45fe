import { createFileRoute } from "@tanstack/react-router";
import { idOrNew, oneOf, text } from "~/app/search";
import { BoardsPage, type BoardsSearch } from "~/pages/boards/boards-page";

export const Route = createFileRoute("/boards/")({
  validateSearch: (search): BoardsSearch => ({
    q: text(search.q),
    show: oneOf(search.show, ["labels"]),
    make: oneOf(search.make, ["board", "group"]),
    group: text(search.group),
    tag: idOrNew(search.tag),
    field: idOrNew(search.field),
  }),
  component: function Boards() {
    return <BoardsPage search={Route.useSearch()} />;
  },
});
