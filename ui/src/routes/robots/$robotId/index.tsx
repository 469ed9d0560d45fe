import { createFileRoute } from "@tanstack/react-router";
import { RobotPage } from "~/pages/fleet/robot-page";

export const Route = createFileRoute("/robots/$robotId/")({
  component: function Robot() {
    return <RobotPage robotId={Route.useParams().robotId} />;
  },
});
