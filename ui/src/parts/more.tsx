import { Button, Center } from "@mantine/core";
import type { More as Way } from "./listed";

/** The way to what else there is in a list, while there is any. */
export function More({ of, children = "Show more" }: { of: Way; children?: string }) {
  if (!of.hasMore) return null;
  return (
    <Center p="xs">
      <Button variant="default" loading={of.isAsking} onClick={of.showMore}>
        {children}
      </Button>
    </Center>
  );
}
