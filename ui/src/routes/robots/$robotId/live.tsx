import { createFileRoute } from "@tanstack/react-router";
import { flag, oneOf, text } from "~/app/search";
import { LivePage } from "~/pages/live/live-page";
import { LIVE_TABS, type LiveSearch, OUTCOMES, RISK_LEVELS } from "~/pages/live/live-search";

export const Route = createFileRoute("/robots/$robotId/live")({
  validateSearch: (search): LiveSearch => ({
    tab: oneOf(search.tab, LIVE_TABS),
    boundary: text(search.boundary),
    remove: flag(search.remove),
    task: text(search.task),
    event: text(search.event),
    outcome: oneOf(search.outcome, OUTCOMES),
    level: oneOf(search.level, RISK_LEVELS),
  }),
  component: function Live() {
    return <LivePage robotId={Route.useParams().robotId} search={Route.useSearch()} />;
  },
});
