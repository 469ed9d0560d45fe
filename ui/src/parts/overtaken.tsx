import { Alert, Button, Group, Text } from "@mantine/core";
import type { Draft } from "./use-draft";

/** Said of a text that somebody else has rewritten while this one was being written. */
export function Overtaken({ draft }: { draft: Draft }) {
  return (
    <Alert color="yellow" role="alert">
      <Text size="sm">Somebody else has written something else meanwhile. Yours would take its place.</Text>
      <Group gap="xs" mt={6}>
        <Button variant="default" onClick={draft.reset}>
          Show theirs
        </Button>
        <Button variant="default" onClick={draft.accept}>
          Keep mine
        </Button>
      </Group>
    </Alert>
  );
}
