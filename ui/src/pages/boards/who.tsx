import { Group, Text, type TextProps } from "@mantine/core";
import { IconCpu, IconPlugConnected, IconRobot, IconUser, IconUserStar } from "@tabler/icons-react";

const ICONS: Record<string, typeof IconUser> = {
  person: IconUser,
  operator: IconUser,
  lead: IconUserStar,
  worker: IconRobot,
  agent: IconRobot,
  program: IconPlugConnected,
  token: IconPlugConnected,
  webhook: IconPlugConnected,
  hub: IconCpu,
  system: IconCpu,
};
const KINDS: Record<string, string> = {
  lead: "agent, the lead",
  worker: "agent",
  operator: "person",
  program: "program with a token",
  token: "program with a token",
  hub: "the hub itself",
  system: "the hub itself",
};

/** Somebody who did something: their name, and whether that is a person, an agent, a program or the hub. */
export function Who({ kind, name, ...text }: TextProps & { kind: string; name: string }) {
  const Icon = ICONS[kind] ?? IconUser;
  const said = KINDS[kind] ?? kind;
  return (
    <Group
      component="span"
      gap={4}
      wrap="nowrap"
      display="inline-flex"
      miw={0}
      maw="100%"
      style={{ verticalAlign: "bottom" }}
      title={`${name} (${said})`}
    >
      <Icon size={14} stroke={1.7} aria-label={said} style={{ flexShrink: 0 }} />
      <Text span inherit truncate {...text}>
        {name}
      </Text>
    </Group>
  );
}
