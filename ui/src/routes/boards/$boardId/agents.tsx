import { createFileRoute } from "@tanstack/react-router";
import { flag, idOrNew } from "~/app/search";
import { AgentsPage } from "~/pages/boards/agents/agents-page";

export const Route = createFileRoute("/boards/$boardId/agents")({
  validateSearch: (search): { agent?: string; change?: true } => ({
    agent: idOrNew(search.agent),
    change: flag(search.change),
  }),
  component: function Agents() {
    const { agent, change } = Route.useSearch();
    return <AgentsPage agentId={agent} isChanging={change === true} />;
  },
});
