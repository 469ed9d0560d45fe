import {
  Accordion,
  Box,
  Button,
  FileButton,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { plural } from "~/format/numbers";
import { PageLink } from "~/parts/link";
import { useUrl } from "~/parts/use-url";
import { type LabRepository, recordingNamesQuery } from "../queries";
import type { Draft, Mistakes } from "./draft";
import { LimitFields } from "./limit-fields";

export type FieldsProps = {
  draft: Draft;
  mistakes: Mistakes;
  change: (more: Partial<Draft>) => void;
};

/** What a session is made from, and what runs in it. */
export function SessionFields(props: FieldsProps & { repositories: LabRepository[]; isBatch?: boolean }) {
  const { draft, mistakes, change, repositories, isBatch = false } = props;
  const url = useUrl();
  const hasLimits = useSearch({ strict: false, select: ({ limits }) => limits === true });
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
        <Select
          label="Repository"
          required
          searchable
          data={repositories.map((one) => one.name)}
          value={draft.repository === "" ? null : draft.repository}
          onChange={(repository) => change({ repository: repository ?? "", secrets: [] })}
          error={mistakes.repository}
          nothingFoundMessage={
            <PageLink inherit underline="always" to="/lab/repositories">
              Add a repository first
            </PageLink>
          }
        />
        <TextInput
          label="Branch or tag"
          placeholder={repositories.find((one) => one.name === draft.repository)?.default_branch ?? "main"}
          value={draft.ref}
          onChange={(event) => change({ ref: event.currentTarget.value })}
          error={mistakes.ref}
          disabled={isBatch && draft.commit !== ""}
        />
        {isBatch ? null : (
          <TextInput
            label="or commit"
            placeholder="a1b2c3d4"
            value={draft.commit}
            onChange={(event) => change({ commit: event.currentTarget.value })}
            error={mistakes.commit}
          />
        )}
      </SimpleGrid>
      <Textarea
        label="Commands"
        description="One a line, one after the other. A line with | > && or $ is run by sh -c."
        placeholder="pilothouse-replay --speed max --topic /speed -- python3 watch.py"
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        value={draft.commands}
        onChange={(event) => change({ commands: event.currentTarget.value })}
        error={mistakes.commands}
        spellCheck={false}
      />
      {isBatch ? null : <Recordings value={draft.recordings} onChange={(recordings) => change({ recordings })} />}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TagsInput
          label="Files to keep"
          description="Globs; JUnit and coverage reports among them are counted."
          placeholder={draft.artifacts.length === 0 ? "junit.xml, plots/*.png" : ""}
          value={draft.artifacts}
          onChange={(artifacts) => change({ artifacts })}
          splitChars={[",", " "]}
        />
        <TagsInput
          label="Labels"
          description="By which this session is found again."
          value={draft.labels}
          onChange={(labels) => change({ labels })}
          splitChars={[","]}
        />
      </SimpleGrid>
      {isBatch ? null : (
        <Group gap="lg">
          <Switch
            label="End with the last command"
            checked={draft.endWhenDone}
            onChange={(event) => change({ endWhenDone: event.currentTarget.checked })}
          />
          <Switch
            label="Keep standard input open"
            checked={draft.interactive}
            onChange={(event) => change({ interactive: event.currentTarget.checked })}
          />
        </Group>
      )}
      <Patch value={draft.patch} onChange={(patch) => change({ patch })} />
      <Accordion
        variant="separated"
        chevronPosition="left"
        value={hasLimits ? "limits" : null}
        onChange={(opened) => url({ limits: opened === null ? undefined : true })}
      >
        <Accordion.Item value="limits">
          <Accordion.Control>
            <Text size="sm">Limits, network, variables</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <LimitFields draft={draft} mistakes={mistakes} change={change} repositories={repositories} />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

export function Recordings(props: {
  value: string[];
  onChange: (value: string[]) => void;
  label?: string;
  description?: string;
}) {
  const [words, setWords] = useState("");
  const [asked] = useDebouncedValue(words, 250);
  const found = useQuery(recordingNamesQuery(asked));
  return (
    <TagsInput
      label={props.label ?? "Recordings"}
      description={props.description ?? "Read-only at /recordings/ID.mcap, and played by pilothouse-replay."}
      placeholder={props.value.length === 0 ? "Words of their names" : ""}
      value={props.value}
      onChange={props.onChange}
      searchValue={words}
      onSearchChange={setWords}
      data={found.data ?? []}
      filter={({ options }) => options}
      splitChars={[",", " "]}
    />
  );
}

function Patch({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const lines = value === "" ? 0 : value.trimEnd().split("\n").length;
  return (
    <Box>
      <Textarea
        label="Patch"
        description="A unified diff as of git diff, applied to the checkout. Its SHA-256 is kept with the session."
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        maxRows={12}
        spellCheck={false}
      />
      <Group gap="xs" mt={4}>
        <FileButton accept=".patch,.diff,text/*" onChange={(file) => void file?.text().then(onChange)}>
          {(props) => (
            <Button variant="default" {...props}>
              From a file
            </Button>
          )}
        </FileButton>
        {lines === 0 ? null : (
          <Text size="xs" c="dimmed">
            {plural(lines, "line")}
          </Text>
        )}
      </Group>
    </Box>
  );
}
