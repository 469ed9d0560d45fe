import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";

export function NotFound() {
  return (
    <Empty title="There is no such page">
      <PageLink to="/">Go to what happens now</PageLink>
    </Empty>
  );
}
