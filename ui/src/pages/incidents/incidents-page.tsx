import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";

export function IncidentsPage() {
  return (
    <Page title="Incidents">
      <Empty title="Nothing to show" />
    </Page>
  );
}
