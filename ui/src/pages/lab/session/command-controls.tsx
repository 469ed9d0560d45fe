import { Button, Group, Menu, Text, TextInput } from "@mantine/core";
import { IconBolt, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { bytes } from "~/format/numbers";
import { Copy } from "~/parts/command";
import { Mark } from "~/parts/marks";
import { useNow } from "~/parts/moment";
import { sayProblem } from "~/parts/say";
import { commandLine } from "../form/command-line";
import type { LabCommand } from "../queries";
import { hasEnded, outcomeOf, tookOf } from "../words";

const SIGNALS: [string, string][] = [
  ["SIGINT", "as Ctrl-C"],
  ["SIGTERM", "please end"],
  ["SIGHUP", "read settings again"],
  ["SIGUSR1", "whatever it makes of it"],
  ["SIGKILL", "end at once"],
];

/** A command in full, how it came out, and what can be done to one that runs. */
export function CommandControls({ command }: { command: LabCommand }) {
  const now = useNow();
  const { usage } = command;
  const facts = [
    outcomeOf(command),
    tookOf(command, now),
    usage?.cpu_s == null ? null : `${usage.cpu_s.toFixed(1)} s of processor`,
    usage?.peak_memory_bytes == null ? null : `${bytes(usage.peak_memory_bytes)} at its peak`,
    (command.attempts ?? 0) > 1 ? `attempt ${command.attempts}` : null,
  ].filter(Boolean);
  return (
    <>
      <Group justify="space-between" gap="xs" mb={6} align="start">
        <Group gap={6} miw={0} flex={1} wrap="nowrap">
          <Mark of={command.state} />
          <Text size="sm" ff="monospace" component="h2" m={0} fw={500} lineClamp={3}>
            {commandLine(command.argv)}
          </Text>
          <Copy text={commandLine(command.argv)} label="Copy the command" />
        </Group>
        {hasEnded(command) ? null : <Running command={command} />}
      </Group>
      <Text size="xs" c="dimmed" mb={6}>
        {facts.join(" · ")}
      </Text>
      {command.reason && command.state !== "cancelled" ? (
        <Text size="sm" c="red" mb={6}>
          {command.reason}
        </Text>
      ) : null}
      {command.state === "running" && (command.interactive || command.terminal) ? <Typing command={command} /> : null}
    </>
  );
}

function Running({ command }: { command: LabCommand }) {
  const queries = useQueryClient();
  const path = { session_id: command.session_id, command_id: command.id };
  const refresh = () => queries.invalidateQueries({ queryKey: ["lab"] });
  const cancel = useMutation({
    mutationFn: () => answered(api.DELETE("/sessions/{session_id}/commands/{command_id}", { params: { path } })),
    onSuccess: refresh,
    onError: sayProblem,
  });
  const send = useMutation({
    mutationFn: (signal: string) =>
      answered(api.POST("/sessions/{session_id}/commands/{command_id}/signal", { params: { path }, body: { signal } })),
    onError: sayProblem,
  });
  return (
    <Group gap="xs">
      {command.state === "running" ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconBolt size={15} />} loading={send.isPending}>
              Signal
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {SIGNALS.map(([name, words]) => (
              <Menu.Item key={name} onClick={() => send.mutate(name)} rightSection={<Text size="xs">{words}</Text>}>
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      <Button
        variant="default"
        leftSection={<IconX size={15} />}
        loading={cancel.isPending}
        onClick={() => cancel.mutate()}
        title="SIGTERM to all it started, SIGKILL two seconds later to what is left"
      >
        Cancel
      </Button>
    </Group>
  );
}

function Typing({ command }: { command: LabCommand }) {
  const [text, setText] = useState("");
  const type = useMutation({
    mutationFn: (input: Model<"LabInput">) =>
      answered(
        api.POST("/sessions/{session_id}/commands/{command_id}/stdin", {
          params: { path: { session_id: command.session_id, command_id: command.id } },
          body: input,
        }),
      ),
    onSuccess: () => setText(""),
    onError: sayProblem,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    type.mutate({ text: `${text}\n`, close: false });
  };
  return (
    <form onSubmit={submit} aria-label="Standard input">
      <Group gap="xs" mb="xs" wrap="nowrap">
        <TextInput
          aria-label="A line for its standard input"
          placeholder="A line for its standard input"
          flex={1}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          autoComplete="off"
          spellCheck={false}
        />
        <Button type="submit" variant="default" loading={type.isPending}>
          Send
        </Button>
        <Button variant="default" onClick={() => type.mutate({ close: true })} title="No more will come (Ctrl-D)">
          Close it
        </Button>
      </Group>
    </form>
  );
}
