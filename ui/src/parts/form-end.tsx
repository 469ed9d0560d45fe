import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";

type Props = { cancel: () => void; act: string; isPending: boolean; isIncomplete?: boolean; children?: ReactNode };

/** The end of a form: what else can be done on the left, leaving it and sending it on the right. */
export function FormEnd({ cancel, act, isPending, isIncomplete = false, children }: Props) {
  return (
    <Group justify="space-between" mt="md">
      <Group gap="xs">{children}</Group>
      <Group gap="xs">
        <Button variant="default" onClick={cancel}>
          Cancel
        </Button>
        <Button type="submit" loading={isPending} disabled={isIncomplete}>
          {act}
        </Button>
      </Group>
    </Group>
  );
}
