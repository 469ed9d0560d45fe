import { createFileRoute } from "@tanstack/react-router";
import { flag } from "~/app/search";
import { RobotPage } from "~/pages/fleet/robot-page";

export const Route = createFileRoute("/robots/$robotId/")({
  validateSearch: (search): { edit?: true } => ({ edit: flag(search.edit) }),
  component: function Robot() {
    const { robotId } = Route.useParams();
    return <RobotPage robotId={robotId} edit={Route.useSearch().edit} />;
  },
});
