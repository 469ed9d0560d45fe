import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";

export function RecordingsPage() {
  return (
    <Page title="Recordings">
      <Empty title="Nothing to show" />
    </Page>
  );
}
