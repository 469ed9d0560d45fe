import { createFileRoute } from "@tanstack/react-router";
import { NewBacktestPage } from "~/pages/backtests/new-backtest-page";
import { newBacktestSearch } from "~/pages/backtests/search";

export const Route = createFileRoute("/recordings/backtests/new")({
  validateSearch: newBacktestSearch,
  component: function NewBacktest() {
    return <NewBacktestPage search={Route.useSearch()} />;
  },
});
