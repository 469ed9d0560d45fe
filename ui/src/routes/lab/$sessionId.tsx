import { createFileRoute } from "@tanstack/react-router";
import { sessionSearch } from "~/pages/lab/session/search";
import { SessionPage } from "~/pages/lab/session/session-page";

export const Route = createFileRoute("/lab/$sessionId")({
  validateSearch: sessionSearch,
  component: function Session() {
    const { sessionId } = Route.useParams();
    return <SessionPage key={sessionId} sessionId={sessionId} search={Route.useSearch()} />;
  },
});
