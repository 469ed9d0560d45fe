import { createFileRoute } from "@tanstack/react-router";
import { useMemo } from "react";
import { flag, oneOf, text, texts, yesOrNo } from "~/app/search";
import { KanbanPage } from "~/pages/boards/board/kanban-page";
import { type Filters, PRIORITIES, STATUSES } from "~/pages/boards/model/lanes";
import type { TaskStatus } from "~/pages/boards/model/queries";

export const Route = createFileRoute("/boards/$boardId/")({
  validateSearch: (search): Filters & { whole?: TaskStatus[]; make?: true } => ({
    q: text(search.q),
    assigned: text(search.assigned),
    tag: text(search.tag),
    priority: oneOf(search.priority, PRIORITIES),
    blocked: yesOrNo(search.blocked),
    incident: text(search.incident),
    whole: texts(search.whole)
      ?.map((one) => oneOf(one, STATUSES))
      .filter((one) => one !== undefined),
    make: flag(search.make),
  }),
  component: function Tasks() {
    const { q, assigned, tag, priority, blocked, incident, whole, make } = Route.useSearch();
    const filters = useMemo(
      () => ({ q, assigned, tag, priority, blocked, incident }),
      [q, assigned, tag, priority, blocked, incident],
    );
    return <KanbanPage filters={filters} whole={whole ?? []} isMaking={make === true} />;
  },
});
