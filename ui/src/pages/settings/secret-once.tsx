import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Command } from "~/parts/command";

type Props = { title: string; secret: string | null | undefined; onClose: () => void; children?: ReactNode };

/** A secret in the one moment it can be seen; only its button closes it, so that no stray click loses it. */
export function SecretOnce({ title, secret, onClose, children }: Props) {
  return (
    <Modal
      opened={typeof secret === "string"}
      onClose={onClose}
      title={title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      size="lg"
    >
      <Text size="sm" mb="xs">
        This is shown once: copy it now and keep it where its user finds it.
      </Text>
      {typeof secret === "string" ? <Command text={secret} label="Copy the secret" /> : null}
      {children}
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose}>I have it</Button>
      </Group>
    </Modal>
  );
}
