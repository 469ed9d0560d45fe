import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { WebhooksPage, type WebhooksSearch } from "~/pages/boards/webhooks/webhooks-page";

export const Route = createFileRoute("/boards/$boardId/webhooks")({
  validateSearch: (search): WebhooksSearch => ({
    webhook: text(search.webhook),
    payload: text(search.payload),
    subscription: text(search.subscription),
    delivery: text(search.delivery),
    state: oneOf(search.state, ["waiting", "delivered", "dead"]),
    edit: text(search.edit),
  }),
  component: function Webhooks() {
    return <WebhooksPage search={Route.useSearch()} />;
  },
});
