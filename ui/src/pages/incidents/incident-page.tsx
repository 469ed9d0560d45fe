import { useQuery } from "@tanstack/react-query";
import { Answer } from "~/parts/answer";
import { Page } from "~/parts/page";
import { incident } from "./queries";
import type { IncidentView } from "./search";

export function IncidentPage({ id }: { id: string; view: IncidentView }) {
  const query = useQuery(incident(id));
  return (
    <Page title={query.data?.title ?? "Incident"} up={{ to: "/incidents", title: "Incidents" }}>
      <Answer query={query}>{(one) => <>{one.id}</>}</Answer>
    </Page>
  );
}
