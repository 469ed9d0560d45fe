import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";

export function NowPage() {
  return (
    <Page title="Now">
      <Empty title="Nothing to show" />
    </Page>
  );
}
