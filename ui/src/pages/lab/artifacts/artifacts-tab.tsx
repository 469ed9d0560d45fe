import {
  ActionIcon,
  Button,
  FileButton,
  Grid,
  Group,
  Stack,
  Table,
  TagsInput,
  Text,
  Tooltip,
  UnstyledButton,
} from "@mantine/core";
import { IconDownload, IconUpload } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, ask } from "~/api/client";
import { bytes, plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { useEverything, useShown } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { artifactsQuery, commandsQuery, type LabArtifact, type LabCommand } from "../queries";
import type { TabProps } from "../session/session-page";
import { isOver } from "../words";
import { ArtifactView, artifactPath } from "./artifact-view";
import { cameBy, distinct, shownOf } from "./listed";

/** What a session left; one of them shown as what it is. */
export function ArtifactsTab({ session, search, go }: TabProps) {
  const artifacts = useShown(useInfiniteQuery(artifactsQuery(session.id)), "artifacts");
  const commands = useEverything(useInfiniteQuery(commandsQuery(session.id))).data?.items ?? [];
  return (
    <Stack gap="sm">
      {session.state === "active" ? <Collect sessionId={session.id} /> : null}
      {(session.summary?.problems ?? []).map((problem) => (
        <Text key={problem} size="sm" c="orange">
          {problem}
        </Text>
      ))}
      <Answer query={artifacts}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing was kept">
              {isOver(session.state)
                ? "Name files to keep when you make a session, as globs."
                : "Files that match the globs of the session are kept when a command ends. From a terminal:"}
              {isOver(session.state) ? null : <Command text={`pilothouse lab artifacts add ${session.id} FILE`} />}
            </Empty>
          ) : (
            <Artifacts
              items={items}
              commands={commands}
              shownId={search.artifact}
              onShow={(artifact) => go({ artifact, tests: undefined, turned: undefined, cases: undefined }, "opens")}
            />
          )
        }
      </Answer>
      <More of={artifacts} />
    </Stack>
  );
}

type ListProps = {
  items: LabArtifact[];
  commands: LabCommand[];
  shownId: string | undefined;
  onShow: (id: string) => void;
};

function Artifacts({ items, commands, shownId, onShow }: ListProps) {
  const shown = shownOf(items, shownId);
  return (
    <Grid gap="sm">
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Panel flush>
          <Table aria-label="Artifacts">
            <Table.Tbody>
              {distinct(items).map((one) => (
                <Table.Tr key={one.id} bg={one.id === shown?.id ? "var(--mantine-color-default-hover)" : undefined}>
                  <Table.Td>
                    <UnstyledButton onClick={() => onShow(one.id)} aria-current={one.id === shown?.id || undefined}>
                      <Text size="sm" fw={one.id === shown?.id ? 600 : 400}>
                        {one.path}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {bytes(one.size_bytes)}, <Moment at={one.created_at} />
                      </Text>
                      <Text size="xs" c="dimmed" lineClamp={1}>
                        {cameBy(one, commands)}
                      </Text>
                    </UnstyledButton>
                  </Table.Td>
                  <Table.Td w={40}>
                    <Tooltip label="Download">
                      <ActionIcon
                        component="a"
                        href={artifactPath(one)}
                        download={one.path.split("/").at(-1)}
                        aria-label={`Download ${one.path}`}
                      >
                        <IconDownload size={16} />
                      </ActionIcon>
                    </Tooltip>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Panel>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 7 }}>
        {shown === undefined ? null : (
          <Panel title={shown.path}>
            <ArtifactView key={shown.id} artifact={shown} />
          </Panel>
        )}
      </Grid.Col>
    </Grid>
  );
}

function Collect({ sessionId }: { sessionId: string }) {
  const queries = useQueryClient();
  const [globs, setGlobs] = useState<string[]>([]);
  const params = { path: { session_id: sessionId } };
  const refresh = () => queries.invalidateQueries({ queryKey: ["lab"] });
  const collect = useMutation({
    mutationFn: () => answered(api.POST("/sessions/{session_id}/artifacts", { params, body: { globs } })),
    onSuccess: async (kept) => {
      say(`${plural(kept.total, "file")} kept.`);
      setGlobs([]);
      await refresh();
    },
    onError: sayProblem,
  });
  const upload = useMutation({
    mutationFn: (file: File) =>
      ask(`/sessions/${encodeURIComponent(sessionId)}/artifacts?path=${encodeURIComponent(file.name)}`, {
        method: "PUT",
        body: file,
      }),
    onSuccess: refresh,
    onError: sayProblem,
  });
  return (
    <Group gap="xs" align="start">
      <TagsInput
        aria-label="Files of the checkout to keep now, as globs"
        placeholder={globs.length === 0 ? "Keep files as they are now: plots/*.png" : ""}
        value={globs}
        onChange={setGlobs}
        splitChars={[",", " "]}
        flex={1}
        maw={420}
        acceptValueOnBlur
      />
      <Button
        variant="default"
        loading={collect.isPending}
        disabled={globs.length === 0}
        onClick={() => collect.mutate()}
      >
        Keep
      </Button>
      <FileButton onChange={(file) => file !== null && upload.mutate(file)}>
        {(button) => (
          <Button variant="default" leftSection={<IconUpload size={15} />} loading={upload.isPending} {...button}>
            Add a file
          </Button>
        )}
      </FileButton>
    </Group>
  );
}
