import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { GroupPage } from "~/pages/boards/group-page";
import type { MemorySought } from "~/pages/boards/memory/memory-queries";

export const Route = createFileRoute("/boards/groups/$groupId")({
  validateSearch: (search): MemorySought => ({
    q: text(search.q),
    tag: text(search.tag),
    kind: oneOf(search.kind, ["chat", "kept"]),
    entry: text(search.entry),
  }),
  component: function BoardGroup() {
    return <GroupPage groupId={Route.useParams().groupId} sought={Route.useSearch()} />;
  },
});
