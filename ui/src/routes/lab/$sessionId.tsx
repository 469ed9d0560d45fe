import { createFileRoute } from "@tanstack/react-router";
import { number, oneOf, text, yesOrNo } from "~/app/search";
import { SessionPage, type SessionSearch } from "~/pages/lab/session/session-page";
import { TABS } from "~/pages/lab/session/tabs";

export const Route = createFileRoute("/lab/$sessionId")({
  validateSearch: (search): SessionSearch => ({
    tab: oneOf(search.tab, TABS),
    command: text(search.command),
    find: text(search.find),
    line: number(search.line),
    at: number(search.at),
    follow: yesOrNo(search.follow),
    artifact: text(search.artifact),
    tests: oneOf(search.tests, ["bad", "all"]),
    path: text(search.path),
  }),
  component: function Session() {
    const { sessionId } = Route.useParams();
    return <SessionPage key={sessionId} sessionId={sessionId} search={Route.useSearch()} />;
  },
});
