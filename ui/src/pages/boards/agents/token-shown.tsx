import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { Command } from "~/parts/command";
import { Moment } from "~/parts/moment";
import { heartbeat, manifest, tools } from "./commands";

/** A token that the hub has just made, and for whom. */
export type Given = { agent: string; token: string; isFirst: boolean; previousUntil?: string | null };

type Props = { given: Given; boardId: string; close: () => void };

/** A token, the one time that it is shown, with what to do with it; only its button closes it. */
export function TokenShown({ given, boardId, close }: Props) {
  const { origin } = window.location;
  const { agent, token, isFirst, previousUntil } = given;
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={isFirst ? `${agent} is registered` : `The new token of ${agent}`}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack gap="sm">
        <Alert color="yellow">This token is shown once. Copy it now: nobody can read it again, only replace it.</Alert>
        <Command text={token} label="Copy the token" />
        {previousUntil ? (
          <Text size="sm">
            The one before is good until this one is first used, and at the latest until{" "}
            <Moment at={previousUntil} form="both" />.
          </Text>
        ) : null}
        <Text size="sm">Say that it lives, and learn what it may do:</Text>
        <Command text={heartbeat(origin, token, agent, boardId)} label="Copy the first command" />
        <Command text={manifest(origin)} label="Copy the second command" />
        <Text size="sm">Or give it tools, for a program that starts them itself:</Text>
        <Command text={tools(origin, token)} label="Copy the configuration" />
        <Group justify="flex-end">
          <Button onClick={close}>I have copied it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
