import { Text } from "@mantine/core";
import type { ReactNode } from "react";

/** What a part of this page says while there is nothing to worry about. */
export function Quiet({ children, isFlush = false }: { children: ReactNode; isFlush?: boolean }) {
  return (
    <Text size="sm" c="dimmed" p={isFlush ? "sm" : 0}>
      {children}
    </Text>
  );
}
