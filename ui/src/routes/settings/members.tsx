import { createFileRoute } from "@tanstack/react-router";
import { flag, number, text } from "~/app/search";
import { MembersPage, type MembersSearch } from "~/pages/settings/people/members-page";

export const Route = createFileRoute("/settings/members")({
  validateSearch: (search): MembersSearch => ({
    offset: number(search.offset),
    access: text(search.access),
    invite: flag(search.invite),
  }),
  component: function Members() {
    return <MembersPage search={Route.useSearch()} />;
  },
});
