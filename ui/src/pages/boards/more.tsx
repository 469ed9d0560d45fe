import { Button, Center } from "@mantine/core";

type Pages = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

/** The way to what came before, while there is any. */
export function More({ pages, children = "Show more" }: { pages: Pages; children?: string }) {
  if (!pages.hasNextPage) return null;
  return (
    <Center p="xs">
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {children}
      </Button>
    </Center>
  );
}
