import { createFileRoute } from "@tanstack/react-router";
import { flag, number, oneOf, text, texts } from "~/app/search";
import type { SessionsSearch } from "~/pages/lab/queries";
import { SessionsPage } from "~/pages/lab/sessions-page";
import { STATES } from "~/pages/lab/states";

export const Route = createFileRoute("/lab/")({
  validateSearch: (search): SessionsSearch => ({
    state: texts(search.state)
      ?.map((one) => oneOf(one, STATES))
      .filter((one) => one !== undefined),
    all: flag(search.all),
    repository: text(search.repository),
    label: text(search.label),
    incident: text(search.incident),
    batch: text(search.batch),
    commit: text(search.commit),
    offset: number(search.offset),
  }),
  component: function Lab() {
    return <SessionsPage search={Route.useSearch()} />;
  },
});
