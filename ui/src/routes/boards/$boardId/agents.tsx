import { createFileRoute } from "@tanstack/react-router";
import { text } from "~/app/search";
import { AgentsPage } from "~/pages/boards/agents/agents-page";

export const Route = createFileRoute("/boards/$boardId/agents")({
  validateSearch: (search): { agent?: string } => ({ agent: text(search.agent) }),
  component: function Agents() {
    return <AgentsPage agentId={Route.useSearch().agent} />;
  },
});
