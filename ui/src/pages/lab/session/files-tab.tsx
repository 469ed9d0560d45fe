import { Button, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ask } from "~/api/client";
import { bytes } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { say, sayProblem } from "~/parts/say";
import { asText } from "../artifacts/preview";
import { isOver } from "../words";
import type { TabProps } from "./session-page";

function filePath(sessionId: string, path: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** A file of the checkout by its path: read, changed and written back while the session lives. */
export function FilesTab({ session, search, go }: TabProps) {
  if (session.state !== "active") {
    return (
      <Empty title={isOver(session.state) ? "The checkout is gone" : "The checkout is not there yet"}>
        {isOver(session.state)
          ? "It went with the session. What was kept of it is among the artifacts."
          : "It comes when a worker has prepared the session."}
      </Empty>
    );
  }
  const open = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const path = String(new FormData(event.currentTarget).get("path") ?? "").trim();
    go({ path: path === "" ? undefined : path }, "opens");
  };
  return (
    <Stack gap="sm">
      <form onSubmit={open}>
        <Group gap="xs" align="end">
          <TextInput
            key={search.path}
            name="path"
            label="File in the checkout"
            placeholder="src/main.py"
            defaultValue={search.path ?? ""}
            flex={1}
            maw={520}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            spellCheck={false}
            autoComplete="off"
          />
          <Button type="submit" variant="default">
            Open
          </Button>
        </Group>
      </form>
      {search.path === undefined ? (
        <Text size="sm" c="dimmed">
          Run git ls-files or ls as a command to see which files there are.
        </Text>
      ) : (
        <File key={search.path} sessionId={session.id} path={search.path} />
      )}
    </Stack>
  );
}

function File({ sessionId, path }: { sessionId: string; path: string }) {
  const file = useQuery({
    queryKey: ["lab-file", sessionId, path],
    retry: false,
    queryFn: async ({ signal }) =>
      new Uint8Array(await (await ask(filePath(sessionId, path), { signal })).arrayBuffer()),
  });
  return (
    <Answer query={file}>
      {(content) => <Editor key={content.length} sessionId={sessionId} path={path} content={content} />}
    </Answer>
  );
}

function Editor({ sessionId, path, content }: { sessionId: string; path: string; content: Uint8Array }) {
  const queries = useQueryClient();
  const shown = asText(content);
  const [text, setText] = useState(shown ?? "");
  const save = useMutation({
    mutationFn: () => ask(filePath(sessionId, path), { method: "PUT", body: text }),
    onSuccess: async () => {
      say(`${path} is written.`);
      await queries.invalidateQueries({ queryKey: ["lab-file", sessionId, path] });
    },
    onError: sayProblem,
  });
  return (
    <Stack gap="xs">
      {shown === null ? (
        <Text size="sm">These are bytes that are no text, or too many to be shown.</Text>
      ) : (
        <Textarea
          aria-label={path}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autosize
          minRows={6}
          maxRows={30}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", whiteSpace: "pre" } }}
        />
      )}
      <Group gap="xs">
        <Text size="xs" c="dimmed">
          {bytes(content.length)}
        </Text>
        <Button
          component="a"
          variant="default"
          href={filePath(sessionId, path)}
          download={path.split("/").at(-1)}
          leftSection={<IconDownload size={15} />}
        >
          Download
        </Button>
        {shown === null ? null : (
          <Button onClick={() => save.mutate()} loading={save.isPending} disabled={text === shown}>
            Write it back
          </Button>
        )}
      </Group>
    </Stack>
  );
}
