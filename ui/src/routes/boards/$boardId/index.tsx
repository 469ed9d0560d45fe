import { createFileRoute } from "@tanstack/react-router";
import { useMemo } from "react";
import { oneOf, text } from "~/app/search";
import { KanbanPage } from "~/pages/boards/board/kanban-page";
import { type Filters, PRIORITIES } from "~/pages/boards/model/lanes";

export const Route = createFileRoute("/boards/$boardId/")({
  validateSearch: (search): Filters => ({
    q: text(search.q),
    assigned: text(search.assigned),
    tag: text(search.tag),
    priority: oneOf(search.priority, PRIORITIES),
    blocked: typeof search.blocked === "boolean" ? search.blocked : undefined,
    incident: text(search.incident),
  }),
  component: function Tasks() {
    const { q, assigned, tag, priority, blocked, incident } = Route.useSearch();
    const filters = useMemo(
      () => ({ q, assigned, tag, priority, blocked, incident }),
      [q, assigned, tag, priority, blocked, incident],
    );
    return <KanbanPage filters={filters} />;
  },
});
