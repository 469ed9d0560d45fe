import { createFileRoute } from "@tanstack/react-router";
import { number } from "~/app/search";
import { BatchesPage } from "~/pages/lab/batches/batches-page";

export const Route = createFileRoute("/lab/batches/")({
  validateSearch: (search): { offset?: number } => ({ offset: number(search.offset) }),
  component: function Batches() {
    return <BatchesPage {...Route.useSearch()} />;
  },
});
