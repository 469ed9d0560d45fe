import { Box, Button, Grid, Group, Stack, Switch, Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Empty } from "~/parts/empty";
import { Mark } from "~/parts/marks";
import { useNow } from "~/parts/moment";
import { sayProblem } from "~/parts/say";
import { commandLine, parseCommandLine } from "../form/command-line";
import { LogPanel } from "../log/log-panel";
import type { LabCommand, LabSession } from "../queries";
import { isOver, outcomeOf, tookOf } from "../words";
import { CommandControls } from "./command-controls";
import classes from "./session.module.css";
import type { TabProps } from "./session-page";
import { shownCommand } from "./shown-command";

/** Commands on the left, the log of one of them on the right. */
export function CommandsTab({ session, search, go, commands }: TabProps & { commands: readonly LabCommand[] }) {
  const shown = shownCommand(commands, search.command, session.state === "failed");
  const show = (command: string) => go({ command, ...NOWHERE, find: undefined }, "opens");
  return (
    <Stack gap="sm">
      {isOver(session.state) ? null : <RunCommand session={session} onQueued={show} />}
      {shown === undefined ? (
        <Empty title="Nothing has run here yet">
          {isOver(session.state) ? "This session is over." : "Write a command above; it runs in the checkout."}
        </Empty>
      ) : (
        <Grid gap="sm">
          {commands.length === 1 ? null : (
            <Grid.Col span={{ base: 12, md: 3 }}>
              <nav aria-label="Commands" className={classes.commands}>
                {commands.map((one) => (
                  <CommandRow key={one.id} command={one} isShown={one.id === shown.id} onShow={() => show(one.id)} />
                ))}
              </nav>
            </Grid.Col>
          )}
          <Grid.Col span={{ base: 12, md: commands.length === 1 ? 12 : 9 }}>
            <CommandControls command={shown} />
            <LogPanel
              key={shown.id}
              command={shown}
              find={search.find ?? ""}
              place={{ line: counted(search.line, -1), at: counted(search.at, -1), follow: search.follow }}
              onFind={(find) => go({ command: shown.id, find: find === "" ? undefined : find })}
              onPlace={({ line, at, follow }) =>
                go({ command: shown.id, line: counted(line, 1), at: counted(at, 1), follow })
              }
            />
          </Grid.Col>
        </Grid>
      )}
    </Stack>
  );
}

const NOWHERE = { line: undefined, at: undefined, follow: undefined };

/** Lines are counted from 1 in the URL, and from 0 by the log. */
function counted(line: number | undefined, step: 1 | -1): number | undefined {
  return line === undefined ? undefined : line + step;
}

function CommandRow({ command, isShown, onShow }: { command: LabCommand; isShown: boolean; onShow: () => void }) {
  const now = useNow();
  return (
    <UnstyledButton className={classes.command} onClick={onShow} aria-current={isShown ? "true" : undefined}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" ff="monospace" truncate>
          {commandLine(command.argv)}
        </Text>
        <Box flex="none">
          <Mark of={command.state} />
        </Box>
      </Group>
      <Text size="xs" c="dimmed">
        {[outcomeOf(command), tookOf(command, now)].filter(Boolean).join(" · ")}
      </Text>
    </UnstyledButton>
  );
}

function RunCommand({ session, onQueued }: { session: LabSession; onQueued: (commandId: string) => void }) {
  const queries = useQueryClient();
  const [line, setLine] = useState("");
  const [interactive, setInteractive] = useState(false);
  const [mistake, setMistake] = useState<string | null>(null);
  const queue = useMutation({
    mutationFn: (argv: string[]) =>
      answered(
        api.POST("/sessions/{session_id}/commands", {
          params: { path: { session_id: session.id } },
          body: { argv, cwd: "", interactive, idempotent: false } as Model<"NewLabCommand">,
        }),
      ),
    onSuccess: async (command) => {
      setLine("");
      await queries.invalidateQueries({ queryKey: ["lab", "commands", session.id] });
      onQueued(command.id);
    },
    onError: sayProblem,
  });
  const run = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseCommandLine(line);
    setMistake("problem" in parsed ? parsed.problem : null);
    if ("argv" in parsed) queue.mutate(parsed.argv);
  };
  return (
    <Box component="form" onSubmit={run} aria-label="Run a command">
      <Group gap="xs" align="start" wrap="nowrap">
        <TextInput
          aria-label="Command"
          placeholder="python3 -m pytest -q"
          flex={1}
          value={line}
          onChange={(event) => setLine(event.currentTarget.value)}
          error={mistake}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
        />
        <Button type="submit" loading={queue.isPending} leftSection={<IconPlayerPlay size={15} />}>
          Run
        </Button>
      </Group>
      <Switch
        mt={6}
        label="Keep its standard input open"
        checked={interactive}
        onChange={(event) => setInteractive(event.currentTarget.checked)}
      />
    </Box>
  );
}
