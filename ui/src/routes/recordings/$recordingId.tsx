import { createFileRoute } from "@tanstack/react-router";
import { playerSearch } from "~/pages/player/model/place";
import { PlayerPage } from "~/pages/player/player-page";

export const Route = createFileRoute("/recordings/$recordingId")({
  validateSearch: playerSearch,
  component: function Recording() {
    return <PlayerPage sessionId={Route.useParams().recordingId} search={Route.useSearch()} />;
  },
});
