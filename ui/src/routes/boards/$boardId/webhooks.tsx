import { createFileRoute } from "@tanstack/react-router";

export const Route = createFileRoute("/boards/$boardId/webhooks")({
  component: RouteComponent,
});

function RouteComponent() {
  return <div>Hello "/boards/$boardId/webhooks"!</div>;
}
