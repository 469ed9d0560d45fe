import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";

export function SettingsPage() {
  return (
    <Page title="Settings">
      <Empty title="Nothing to show" />
    </Page>
  );
}
