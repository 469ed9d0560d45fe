import { Stack, Text, TextInput } from "@mantine/core";
import { Command } from "~/parts/command";
import { Panel } from "~/parts/panel";
import { useWords } from "~/parts/use-words";
import { commandLine, parseCommandLine } from "../form/command-line";
import { isOver } from "../words";
import type { TabProps } from "./session-page";

const ATTACH = {
  name: "Pilothouse session",
  type: "debugpy",
  request: "attach",
  connect: { host: "127.0.0.1", port: 5678 },
  pathMappings: [{ localRoot: `\${workspaceFolder}`, remoteRoot: "/workspace" }],
  justMyCode: false,
};

// What most want to stop in.
const USUAL = "-m pytest -x";

/** How an editor gets at a program in this session: exactly what to type, and where. */
export function DebugTab({ session, search, go }: TabProps) {
  const [typed, type] = useWords(search.program, (program) => go({ program }));
  const line = typed.trim() || USUAL;
  const parsed = parseCommandLine(line);
  const program = "argv" in parsed ? commandLine(parsed.argv) : line;
  if (isOver(session.state)) {
    const seen = (session.recordings ?? []).map((one) => ` --recording ${one}`).join("");
    return (
      <Text component="div" size="sm">
        This session is over, and so is what could be debugged in it. At the same commit, in a new one:
        <Command
          text={`pilothouse lab debug --repo ${session.repository} --commit ${session.commit_sha ?? "COMMIT"}${seen} -- ${program}`}
        />
      </Text>
    );
  }
  return (
    <Stack gap="sm" maw={860}>
      <TextInput
        label="The Python program to debug, with its arguments"
        placeholder={USUAL}
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        error={"problem" in parsed ? parsed.problem : undefined}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        spellCheck={false}
      />
      <Panel title="1. In the checkout on your own machine">
        <Text size="sm" mb="xs">
          Keep address and a token once; then open the debugger of this session at a port of yours. It comes through
          this hub, over an authenticated WebSocket: no port of the session is open to anybody.
        </Text>
        <Command
          text={`pilothouse lab login --url ${window.location.origin}\npilothouse lab debug --session ${session.id} -- ${program}`}
        />
      </Panel>
      <Panel title="2. In your editor">
        <Text size="sm" mb="xs">
          Set breakpoints in the files you have there, and attach to the port that was printed. In VS Code, in
          .vscode/launch.json:
        </Text>
        <Command text={JSON.stringify({ version: "0.2.0", configurations: [ATTACH] }, null, 2)} />
        <Text size="sm" mt="sm" mb="xs">
          In PyCharm, Neovim or Emacs: attach to debugpy at 127.0.0.1:5678, with /workspace mapped to the checkout.
        </Text>
      </Panel>
      <Text size="sm" c="dimmed">
        The program begins when an editor has attached; it appears among the commands, with its output.
      </Text>
    </Stack>
  );
}
