import { createFileRoute } from "@tanstack/react-router";
import { FleetPage } from "~/pages/fleet/fleet-page";
import { fleetSearch } from "~/pages/fleet/fleet-search";

export const Route = createFileRoute("/fleet/")({
  validateSearch: fleetSearch,
  component: function Fleet() {
    return <FleetPage search={Route.useSearch()} />;
  },
});
