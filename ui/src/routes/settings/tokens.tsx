import { createFileRoute } from "@tanstack/react-router";
import { flag, number } from "~/app/search";
import { TokensPage } from "~/pages/settings/tokens-page";

export const Route = createFileRoute("/settings/tokens")({
  validateSearch: (search): { offset?: number; make?: true } => ({
    offset: number(search.offset),
    make: flag(search.make),
  }),
  component: function Tokens() {
    return <TokensPage {...Route.useSearch()} />;
  },
});
