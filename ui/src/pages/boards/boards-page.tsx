import { Empty } from "~/parts/empty";
import { Page } from "~/parts/page";

export function BoardsPage() {
  return (
    <Page title="Boards">
      <Empty title="Nothing to show" />
    </Page>
  );
}
