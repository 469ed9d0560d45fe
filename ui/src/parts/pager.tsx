import { Group, Text } from "@mantine/core";
import { count } from "~/format/numbers";
import { PageButton } from "./link";

type Props = { total: number; limit: number; offset: number };

/** Which part of a list is shown, and the way to the others; `offset` stands in the URL. */
export function Pager({ total, limit, offset }: Props) {
  if (total <= limit && offset === 0) return null;
  const to = (place: number) => ({
    to: ".",
    search: (before: Record<string, unknown>) => ({ ...before, offset: place === 0 ? undefined : place }),
  });
  return (
    <Group component="nav" aria-label="Pages of this list" justify="flex-end" gap="xs" p="xs">
      <Text size="xs" c="dimmed">
        {total === 0 ? 0 : count(offset + 1)}–{count(Math.min(offset + limit, total))} of {count(total)}
      </Text>
      <PageButton variant="default" disabled={offset === 0} {...to(Math.max(0, offset - limit))}>
        Previous
      </PageButton>
      <PageButton variant="default" disabled={offset + limit >= total} {...to(offset + limit)}>
        Next
      </PageButton>
    </Group>
  );
}
