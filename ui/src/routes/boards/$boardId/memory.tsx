import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { BoardMemoryPage } from "~/pages/boards/memory/memory-page";
import type { MemorySought } from "~/pages/boards/memory/memory-queries";

export const Route = createFileRoute("/boards/$boardId/memory")({
  validateSearch: (search): MemorySought => ({
    q: text(search.q),
    tag: text(search.tag),
    kind: oneOf(search.kind, ["chat", "kept"]),
    entry: text(search.entry),
  }),
  component: function Memory() {
    const { q, tag, kind, entry } = Route.useSearch();
    return <BoardMemoryPage sought={{ q, tag, kind, entry }} />;
  },
});
