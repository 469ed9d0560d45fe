import { Page } from "~/parts/page";

export function UploadPage() {
  return <Page title="Deliver recordings">{null}</Page>;
}
