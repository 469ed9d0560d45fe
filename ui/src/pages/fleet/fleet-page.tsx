import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";

export function FleetPage() {
  return (
    <Page title="Fleet">
      <Empty title="Nothing to show" />
    </Page>
  );
}
