import { createFileRoute } from "@tanstack/react-router";
import { idOrNew, text } from "~/app/search";
import { RepositoriesPage } from "~/pages/lab/repositories-page";

export const Route = createFileRoute("/lab/repositories")({
  validateSearch: (search): { edit?: string; secrets?: string } => ({
    // An empty name is a repository that does not exist yet.
    edit: idOrNew(search.edit),
    secrets: text(search.secrets),
  }),
  component: function Repositories() {
    return <RepositoriesPage {...Route.useSearch()} />;
  },
});
