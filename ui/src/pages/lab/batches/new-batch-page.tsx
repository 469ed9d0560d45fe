import { Button, Divider, Group, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Failure } from "~/parts/failure";
import { useEverything } from "~/parts/listed";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { asNewSession, EMPTY_DRAFT, type Mistakes } from "../form/draft";
import { Recordings, SessionFields } from "../form/session-fields";
import { type LabRepository, repositoriesQuery } from "../queries";
import { NoRepositories } from "../repositories-page";

export type NewBatchSearch = { repository?: string; recording?: string[]; commit?: string[]; command?: string[] };
const MOST_SESSIONS = 500;

/** Makes a session for each recording, each commit, or each of both. */
export function NewBatchPage({ search }: { search: NewBatchSearch }) {
  const repositories = useEverything(useInfiniteQuery(repositoriesQuery));
  return (
    <Page title="New batch" up={{ to: "/lab/batches", title: "Batches" }}>
      <Answer query={repositories}>
        {({ items }) => (items.length === 0 ? <NoRepositories /> : <Form repositories={items} search={search} />)}
      </Answer>
    </Page>
  );
}

function Form({ repositories, search }: { repositories: LabRepository[]; search: NewBatchSearch }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [draft, setDraft] = useState({
    ...EMPTY_DRAFT,
    repository: search.repository ?? (repositories.length === 1 ? (repositories[0]?.name ?? "") : ""),
    commands: (search.command ?? []).join("\n"),
  });
  const [name, setName] = useState("");
  const [recordings, setRecordings] = useState(search.recording ?? []);
  const [commits, setCommits] = useState(search.commit ?? []);
  const [mistakes, setMistakes] = useState<Mistakes & { batch?: string }>({});
  const total =
    recordings.length + commits.length === 0 ? 0 : Math.max(1, recordings.length) * Math.max(1, commits.length);
  const create = useMutation({
    mutationFn: (batch: Model<"NewLabBatch">) => answered(api.POST("/batches", { body: batch })),
    onSuccess: async (made) => {
      void queries.invalidateQueries({ queryKey: ["lab"] });
      await navigate({ to: "/lab/batches/$batchId", params: { batchId: made.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const written = asNewSession({ ...draft, ref: commits.length > 0 ? "" : draft.ref });
    const found: Mistakes & { batch?: string } = "mistakes" in written ? written.mistakes : {};
    if (total === 0) found.batch = "Name recordings, commits, or both: each gets a session.";
    if (total > MOST_SESSIONS) found.batch = `A batch has at most ${MOST_SESSIONS} sessions.`;
    if (draft.commands.trim() === "") found.commands = "Say what each session is to run.";
    setMistakes(found);
    if ("session" in written && Object.keys(found).length === 0) {
      create.mutate({
        session: written.session,
        recordings,
        commits,
        name: name.trim() === "" ? undefined : name.trim(),
      });
    }
  };
  const [problem] = Object.values(mistakes);
  return (
    <form onSubmit={submit} aria-label="New batch" noValidate>
      <Panel>
        <Stack gap="sm">
          <TextInput
            label="Name"
            placeholder="What is found out"
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Recordings
            value={recordings}
            onChange={setRecordings}
            label="For each of these recordings"
            description="One session for each."
          />
          <TagsInput
            label="at each of these commits"
            description="One session for each; the branch below when none is named."
            placeholder={commits.length === 0 ? "a1b2c3d4" : ""}
            value={commits}
            onChange={setCommits}
            splitChars={[",", " ", "\n"]}
            acceptValueOnBlur
          />
          <Divider />
          <SessionFields
            draft={draft}
            mistakes={mistakes}
            change={(more) => setDraft((before) => ({ ...before, ...more }))}
            repositories={repositories}
            isBatch
          />
        </Stack>
        {create.isError ? <Failure error={create.error} /> : null}
        <Group justify="flex-end" mt="md" gap="sm">
          {problem === undefined ? null : (
            <Text size="sm" c="red" role="alert">
              {problem}
            </Text>
          )}
          <Button type="submit" loading={create.isPending}>
            {total === 0 ? "Make the sessions" : `Make ${plural(total, "session")}`}
          </Button>
        </Group>
      </Panel>
    </form>
  );
}
