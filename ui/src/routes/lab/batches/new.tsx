import { createFileRoute } from "@tanstack/react-router";
import { flag, text, texts } from "~/app/search";
import { NewBatchPage, type NewBatchSearch } from "~/pages/lab/batches/new-batch-page";

export const Route = createFileRoute("/lab/batches/new")({
  validateSearch: (search): NewBatchSearch & { limits?: true } => ({
    limits: flag(search.limits),
    repository: text(search.repository),
    recording: texts(search.recording),
    commit: texts(search.commit),
    command: texts(search.command),
  }),
  component: function NewBatch() {
    const { limits: _, ...search } = Route.useSearch();
    return <NewBatchPage key={JSON.stringify(search)} search={search} />;
  },
});
