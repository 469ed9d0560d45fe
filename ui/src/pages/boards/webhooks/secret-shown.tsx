import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { Command } from "~/parts/command";

type Props = { title: string; secret: string | null | undefined; example?: string; close: () => void };

/** A secret, the one time that it is shown. */
export function SecretShown({ title, secret, example, close }: Props) {
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={!secret}
      withCloseButton={!secret}
    >
      <Stack gap="sm">
        {secret ? (
          <>
            <Alert color="yellow">This secret is shown once. Copy it now to where it is needed.</Alert>
            <Command text={secret} label="Copy the secret" />
          </>
        ) : (
          <Text size="sm">It has no secret: whoever knows the address may post to it.</Text>
        )}
        {example === undefined ? null : (
          <>
            <Text size="sm">To try it:</Text>
            <Command text={example} label="Copy the command" />
          </>
        )}
        <Group justify="flex-end">
          <Button onClick={close}>{secret ? "I have copied it" : "Done"}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
