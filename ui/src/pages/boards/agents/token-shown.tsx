import { Alert, Stack, Text } from "@mantine/core";
import { Command } from "~/parts/command";
import { heartbeat, manifest, tools } from "./commands";

type Props = { token: string; name: string; boardId: string };

/** A token, the one time that it is shown, with what to do with it. */
export function TokenShown({ token, name, boardId }: Props) {
  const { origin } = window.location;
  return (
    <Stack gap="sm">
      <Alert color="yellow">This token is shown once. Copy it now: nobody can read it again, only replace it.</Alert>
      <Command text={token} label="Copy the token" />
      <Text size="sm">Say that it lives, and learn what it may do:</Text>
      <Command text={heartbeat(origin, token, name, boardId)} label="Copy the first command" />
      <Command text={manifest(origin)} label="Copy the second command" />
      <Text size="sm">Or give it tools, for a program that starts them itself:</Text>
      <Command text={tools(origin, token)} label="Copy the configuration" />
    </Stack>
  );
}
