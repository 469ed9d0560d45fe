import { Text } from "@mantine/core";
import type { ReactNode } from "react";

/** What a part of this page says while there is nothing to worry about. */
export function Quiet({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed" p="sm">
      {children}
    </Text>
  );
}
