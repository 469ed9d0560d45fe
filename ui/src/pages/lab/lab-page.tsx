import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";

export function LabPage() {
  return (
    <Page title="Lab">
      <Empty title="Nothing to show" />
    </Page>
  );
}
