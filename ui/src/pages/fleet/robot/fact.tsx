import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** One thing that is known, with its name. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Group gap="xs" wrap="nowrap" align="baseline">
      <Text size="xs" c="dimmed" w={110} style={{ flexShrink: 0 }}>
        {name}
      </Text>
      <Text component="div" size="sm" miw={0}>
        {children}
      </Text>
    </Group>
  );
}
