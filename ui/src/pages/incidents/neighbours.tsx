import { ActionIcon, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { usePageKeys } from "~/parts/use-page-keys";
import { incidentList } from "./queries";
import { type IncidentView, listOf } from "./search";

/** The ways to the incidents beside this one in the list it was opened from, and back to the list. */
export function Neighbours({ id, view }: { id: string; view: IncidentView }) {
  const navigate = useNavigate();
  const search = listOf(view);
  const items = useQuery(incidentList(search)).data?.items ?? [];
  const at = items.findIndex((one) => one.id === id);
  const before = at > 0 ? items[at - 1]?.id : undefined;
  const after = at === -1 ? undefined : items[at + 1]?.id;
  const open = (incidentId: string | undefined) => {
    if (incidentId !== undefined) void navigate({ to: "/incidents/$incidentId", params: { incidentId }, search });
  };
  usePageKeys([
    ["k", () => open(before)],
    ["j", () => open(after)],
    ["u", () => void navigate({ to: "/incidents", search })],
  ]);
  if (at === -1) return null;
  return (
    <>
      <Tooltip label="The one before in the list (k)">
        <ActionIcon aria-label="The one before" disabled={before === undefined} onClick={() => open(before)}>
          <IconChevronUp size={18} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="The next in the list (j); u leads up to it">
        <ActionIcon aria-label="The next one" disabled={after === undefined} onClick={() => open(after)}>
          <IconChevronDown size={18} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}
