import { createFileRoute } from "@tanstack/react-router";
import { idOrNew, number, oneOf, text } from "~/app/search";
import { NotificationsPage } from "~/pages/settings/notifications/notifications-page";
import { DELIVERY_STATES, type NotificationsSearch } from "~/pages/settings/notifications/queries";

export const Route = createFileRoute("/settings/notifications")({
  validateSearch: (search): NotificationsSearch => ({
    // An empty name is a destination that does not exist yet.
    edit: idOrNew(search.edit),
    destination: text(search.destination),
    state: oneOf(search.state, DELIVERY_STATES),
    delivery: text(search.delivery),
    offset: number(search.offset),
  }),
  component: function Notifications() {
    return <NotificationsPage search={Route.useSearch()} />;
  },
});
