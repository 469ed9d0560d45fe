import { createFileRoute } from "@tanstack/react-router";
import { BacktestsPage } from "~/pages/backtests/backtests-page";
import { backtestsSearch } from "~/pages/backtests/search";

export const Route = createFileRoute("/recordings/backtests/")({
  validateSearch: backtestsSearch,
  component: function Backtests() {
    return <BacktestsPage search={Route.useSearch()} />;
  },
});
