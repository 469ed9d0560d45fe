import { createFileRoute } from "@tanstack/react-router";
import { number, text } from "~/app/search";
import { AuditPage, type AuditSearch } from "~/pages/settings/audit-page";

export const Route = createFileRoute("/settings/audit")({
  validateSearch: (search): AuditSearch => ({
    actor: text(search.actor),
    action: text(search.action),
    subject: text(search.subject),
    request: text(search.request),
    offset: number(search.offset),
    entry: number(search.entry),
  }),
  component: function Audit() {
    return <AuditPage search={Route.useSearch()} />;
  },
});
