import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { Page } from "~/parts/page";

export function NotFound() {
  return (
    <Page title="Not here">
      <Empty title="There is no such page">
        <PageLink to="/">Go to what happens now</PageLink>
      </Empty>
    </Page>
  );
}
