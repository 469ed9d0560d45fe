import { createFileRoute } from "@tanstack/react-router";
import { oneOf } from "~/app/search";
import { BatchPage, type BatchSearch } from "~/pages/lab/batches/batch-page";

export const Route = createFileRoute("/lab/batches/$batchId")({
  validateSearch: (search): BatchSearch => ({ only: oneOf(search.only, ["failed"] as const) }),
  component: function Batch() {
    const { batchId } = Route.useParams();
    return <BatchPage batchId={batchId} search={Route.useSearch()} />;
  },
});
