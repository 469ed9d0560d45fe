import { createFileRoute } from "@tanstack/react-router";

export const Route = createFileRoute("/robots/$robotId/")({
  component: RouteComponent,
});

function RouteComponent() {
  return <div>Hello "/robots/$robotId/"!</div>;
}
