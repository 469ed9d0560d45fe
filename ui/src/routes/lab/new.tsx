import { createFileRoute } from "@tanstack/react-router";
import { flag, text, texts } from "~/app/search";
import { NewSessionPage, type NewSessionSearch } from "~/pages/lab/new-session-page";

export const Route = createFileRoute("/lab/new")({
  validateSearch: (search): NewSessionSearch & { limits?: true } => ({
    limits: flag(search.limits),
    repository: text(search.repository),
    ref: text(search.ref),
    commit: text(search.commit),
    recording: texts(search.recording),
    incident: text(search.incident),
    command: texts(search.command),
    artifact: texts(search.artifact),
    label: texts(search.label),
  }),
  component: function NewSession() {
    const { limits: _, ...search } = Route.useSearch();
    // Another link to this page is another form.
    return <NewSessionPage key={JSON.stringify(search)} search={search} />;
  },
});
