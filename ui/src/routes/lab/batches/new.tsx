import { createFileRoute } from "@tanstack/react-router";
import { text, texts } from "~/app/search";
import { NewBatchPage, type NewBatchSearch } from "~/pages/lab/batches/new-batch-page";

export const Route = createFileRoute("/lab/batches/new")({
  validateSearch: (search): NewBatchSearch => ({
    repository: text(search.repository),
    recording: texts(search.recording),
    commit: texts(search.commit),
    command: texts(search.command),
  }),
  component: function NewBatch() {
    const search = Route.useSearch();
    return <NewBatchPage key={JSON.stringify(search)} search={search} />;
  },
});
