import { createFileRoute } from "@tanstack/react-router";
import { BacktestPage } from "~/pages/backtests/backtest-page";
import { backtestSearch } from "~/pages/backtests/search";

export const Route = createFileRoute("/recordings/backtests/$backtestId")({
  validateSearch: backtestSearch,
  component: function Backtest() {
    return <BacktestPage backtestId={Route.useParams().backtestId} search={Route.useSearch()} />;
  },
});
