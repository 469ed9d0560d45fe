import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { BoardsPage } from "~/pages/boards/boards-page";

export const Route = createFileRoute("/boards/")({
  validateSearch: (search): { q?: string; show?: "labels" } => ({
    q: text(search.q),
    show: oneOf(search.show, ["labels"]),
  }),
  component: function Boards() {
    return <BoardsPage {...Route.useSearch()} />;
  },
});
