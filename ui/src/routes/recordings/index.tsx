import { createFileRoute } from "@tanstack/react-router";
import { RecordingsPage } from "~/pages/recordings/recordings-page";
import { recordingSearch } from "~/pages/recordings/search";

export const Route = createFileRoute("/recordings/")({
  validateSearch: recordingSearch,
  component: function Recordings() {
    return <RecordingsPage search={Route.useSearch()} />;
  },
});
