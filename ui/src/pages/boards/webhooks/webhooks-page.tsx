import { Stack } from "@mantine/core";
import { IncomingPanel } from "./incoming-panel";
import { OutgoingPanel } from "./outgoing-panel";

export type WebhooksSearch = {
  webhook?: string;
  payload?: string;
  subscription?: string;
  delivery?: string;
  state?: "waiting" | "delivered" | "dead";
  /** What is changed: an id, `new-webhook` or `new-subscription`. */
  edit?: string;
};

/** Who may tell the board something, and where its events go; with the log of both. */
export function WebhooksPage({ search }: { search: WebhooksSearch }) {
  return (
    <Stack>
      <IncomingPanel search={search} />
      <OutgoingPanel search={search} />
    </Stack>
  );
}
